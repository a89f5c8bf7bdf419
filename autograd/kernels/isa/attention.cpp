#include "attention.h"

#include "attention_tiles.h"
#include "exponential.h"

// Attention tile by tile (Dao et al. 2022, "FlashAttention"), with the running softmax of Milakov & Gimelshein 2018,
// "Online normalizer calculation for softmax".
namespace ebb::kernels {

namespace EBB_ISA {
namespace {

template <class T>
struct AttentionForward : AttentionTiles<T> {
  using Base = AttentionTiles<T>;
  using Base::copy_in, Base::copy_in_columns, Base::fill, Base::padded;
  using Base::tile, Base::lanes;
  using typename Base::Vector, typename Base::Head, typename Base::Pair, typename Base::Workspace;
  static constexpr Index query_tiles = 8;  // the most in one call: so many stay in L2
  static constexpr T lowest = sizeof(T) == 4 ? static_cast<T>(-__FLT_MAX__) : static_cast<T>(-__DBL_MAX__);

  /// A tile of queries after some of the keys: the result, not yet divided by the sum, and of each query's scores the
  /// maximum (at least `lowest`, so that no infinities meet where all is hidden) and the sum of e^(s - maximum).
  struct Running {
    T *qt, *out, *maximum, *sum, *decay;
  };

  struct Buffers {
    T *rows, *kt, *v, *s, *for_scores;
    Running running[query_tiles];

    Buffers(const Head& head, Workspace& pieces) {
      const Index w = padded(head.width), wv = padded(head.value_width);
      rows = pieces.take(tile * w);
      kt = pieces.take(tile * w);
      v = pieces.take(tile * wv);
      s = pieces.take(tile * tile);
      for_scores = pieces.take(Base::scores_workspace_size(head));
      for (Running& each : running)
        each = {pieces.take(tile * w), pieces.take(tile * wv), pieces.take(tile), pieces.take(tile), pieces.take(tile)};
    }
  };

  static void run(const Head& head, const AttentionResult<T>& result, TileStride tiles, T* memory) {
    const Index wv = padded(head.value_width), step = tiles.step * tile;
    Workspace pieces{memory};
    const Buffers buffers(head, pieces);
    const auto& [rows, kt, v, s, for_scores, running] = buffers;
    Index count = 0;
    for (Index i = tiles.first * tile; i < head.queries; i += step, ++count) start(head, i, rows, running[count]);
    const auto pair_of = [&](Index t, Index key) { return Pair(head, tiles.first * tile + t * step, key); };
    for (Index j = 0; j < head.keys && pair_of(count - 1, j).visible(); j += tile) {
      const Index keys = smaller(tile, head.keys - j);
      copy_in_columns(keys, head.width, head.k, j, T{1}, rows, kt);
      copy_in(keys, head.value_width, head.v, j, T{1}, v);
      for (Index t = 0; t < count; ++t) {
        const Pair pair = pair_of(t, j);
        if (!pair.visible()) continue;
        Base::scores(head, pair, kt, running[t].qt, for_scores, s);
        take_in(pair, wv, s, running[t]);
        Base::add_to_queries(pair, s, wv, v, running[t].out);
      }
    }
    for (Index t = 0; t < count; ++t) finish(head, tiles.first * tile + t * step, running[t], result);
  }

  static void start(const Head& head, Index first, T* rows, const Running& running) {
    const Index queries = smaller(tile, head.queries - first), used = rounded_up(queries, Base::pad);
    copy_in_columns(queries, head.width, head.q, first, head.scale, rows, running.qt);
    fill(running.out, used * padded(head.value_width), T{0});
    fill(running.maximum, used, lowest);
    fill(running.sum, used, T{0});
  }

  /// Takes in the scores of further keys: s becomes e^(s - maximum), and the result so far is scaled to the new
  /// maximum.
  static void take_in(const Pair& pair, Index columns, T* s, const Running& running) {
    Index offset = 0;
    for (; offset + 4 * lanes <= pair.queries; offset += 4 * lanes) take_in<4>(pair.keys, s, running, offset);
    for (; offset < pair.queries; offset += lanes) take_in<1>(pair.keys, s, running, offset);
    for (Index i = 0; i < pair.queries; ++i)
      if (running.decay[i] != T{1})
        for (T *out = running.out + i * columns, *end = out + columns; out < end; out += lanes)
          (Vector::load_aligned(out) * Vector(running.decay[i])).store_aligned(out);
  }

  /// Does so for `vectors` vectors of queries, except for the result, whose factor is left in `decay`.
  template <int vectors>
  static void take_in(Index keys, T* s, const Running& running, Index offset) {
    Vector maximum[vectors], sum[vectors];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) {
      maximum[v] = Vector::load_aligned(running.maximum + offset + v * lanes);
      sum[v] = Vector(T{0});
    }
    for (Index j = 0; j < keys; ++j)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v)
        maximum[v] = xsimd::max(maximum[v], Vector::load_aligned(s + j * tile + offset + v * lanes));
    for (Index j = 0; j < keys; ++j)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) {
        T* p = s + j * tile + offset + v * lanes;
        const Vector weight = Exponential<T>::exp(Vector::load_aligned(p) - maximum[v]);
        weight.store_aligned(p);
        sum[v] += weight;
      }
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) {
      const Index i = offset + v * lanes;
      const Vector decay = Exponential<T>::exp(Vector::load_aligned(running.maximum + i) - maximum[v]);
      decay.store_aligned(running.decay + i);
      maximum[v].store_aligned(running.maximum + i);
      fma<T>(Vector::load_aligned(running.sum + i), decay, sum[v]).store_aligned(running.sum + i);
    }
  }

  /// Divides by the sums. Where all keys were hidden the sum is 0, and so is the result; where nothing can be hidden,
  /// all scores were minus infinity, and the result is NaN.
  static void finish(const Head& head, Index first, const Running& running, const AttentionResult<T>& result) {
    const Index queries = smaller(tile, head.queries - first), columns = padded(head.value_width);
    const bool may_hide = head.causal || head.mask.data != nullptr || head.bias.data != nullptr || head.keys == 0;
    for (Index i = 0; i < queries; i += lanes) {
      const Vector sum = Vector::load_aligned(running.sum + i);
      const auto hidden = sum == Vector(may_hide ? T{0} : T{-1});  // -1: never
      const Vector inverse = xsimd::select(hidden, sum, quotient<T>(Vector(T{1}), sum));
      store<T>(queries - i, Vector::load_aligned(running.maximum + i), result.largest + first + i);
      store<T>(queries - i, inverse, result.inverse_sum + first + i);
      inverse.store_aligned(running.sum + i);
    }
    for (Index i = 0; i < queries; ++i) {
      const Vector factor(running.sum[i]);
      map(
          head.value_width, [=](Vector x) { return factor * x; }, result.out.data + (first + i) * result.out.step,
          running.out + i * columns);
    }
  }
};

/// p = e^(s - largest) inverse_sum, dv = p^T dy, dp = dy v^T, ds = p (dp - rowsum(y dy)), dq = scale ds k, dk = scale
/// ds^T q. Where a query is settled on a key, p is nearly 1 there, and dp nearly rowsum(y dy): their difference would
/// be noise. But ds sums to 0 along a row, so that this one element is minus the sum of the others, which are precise.
template <class T>
struct AttentionBackward : AttentionTiles<T> {
  using Base = AttentionTiles<T>;
  using Base::copy_in, Base::copy_in_columns, Base::fill, Base::padded;
  using Base::tile, Base::lanes;
  using typename Base::Vector, typename Base::Head, typename Base::Pair, typename Base::Workspace;
  static constexpr Index key_tiles = 4;  // that are worked on together
  static constexpr T settled_from = T(0.75);

  /// A tile of keys and values, and their gradients.
  struct Keys {
    T *k, *kt, *vt, *dk, *dv;
  };

  /// A tile of scaled queries, the gradients of their results, what the forward pass left of their rows, rowsum(y dy),
  /// the sums of ds but for settled keys, and their own gradients.
  struct Queries {
    T *q, *qt, *dy, *dyt, *largest, *inverse_sum, *y_dy, *others, *dq;
  };

  struct Buffers {
    T *s, *ds;
    T* workspace;  // of the functions below that need one, one after the other
    Queries queries;
    Keys keys[key_tiles];

    Buffers(const Head& head, Workspace& pieces) {
      const Index w = padded(head.width), wv = padded(head.value_width);
      s = pieces.take(tile * tile);
      ds = pieces.take(tile * tile);
      workspace = pieces.take(larger(larger(tile * wv, row_products_workspace), Base::scores_workspace_size(head)));
      queries = {pieces.take(tile * w),  pieces.take(tile * w), pieces.take(tile * wv),
                 pieces.take(tile * wv), pieces.take(tile),     pieces.take(tile),
                 pieces.take(tile),      pieces.take(tile),     pieces.take(tile * w)};
      for (Keys& each : keys)
        each = {pieces.take(tile * w), pieces.take(tile * w), pieces.take(tile * wv), pieces.take(tile * w),
                pieces.take(tile * wv)};
    }
  };

  static void run(const AttentionGradients<T>* heads, Index count, TileStride tiles, T* memory) {
    const Head& head = heads[0].head;  // the others are like it
    const Index step = tiles.step * tile;
    Workspace pieces{memory};
    const Buffers buffers(head, pieces);
    const auto& [s, ds, workspace, queries, keys] = buffers;
    for (Index first = tiles.first * tile; first < head.keys; first += key_tiles * step) {
      Index used = 0;
      for (Index j = first; j < head.keys && used < key_tiles; j += step) start(head, j, keys[used++], workspace);
      for (Index h = 0; h < count; ++h)
        for (Index i = 0; i < head.queries; i += tile) {
          const bool settled = Pair(head, i, first).visible() && load(heads[h], i, queries, workspace);
          for (Index each = 0; each < used; ++each) {
            const Pair pair(head, i, first + each * step);
            if (!pair.visible()) continue;
            weigh(heads[h].head, pair, queries, keys[each], workspace, s, ds);
            if (settled) take_out_settled(pair, s, ds, queries.others, heads[h].settled_key);
            add_pair(head, pair, queries, keys[each], s, ds);
          }
          finish(heads[h], Pair(head, i, first), queries, first == tiles.first * tile);
          for (Index k = 0; settled && k < smaller(tile, head.queries - i); ++k)
            heads[h].others[i + k] += queries.others[k];
        }
      for (Index each = 0; each < used; ++each) finish(heads[0], first + each * step, keys[each]);
    }
  }

  static void start(const Head& head, Index first, const Keys& to, T* rows) {
    const Index keys = smaller(tile, head.keys - first);
    copy_in_columns(keys, head.width, head.k, first, T{1}, to.k, to.kt);
    copy_in_columns(keys, head.value_width, head.v, first, T{1}, rows, to.vt);
    fill(to.dk, rounded_up(keys, Base::pad) * padded(head.width), T{0});
    fill(to.dv, rounded_up(keys, Base::pad) * padded(head.value_width), T{0});
  }

  /// Returns true if one of the queries is settled on a key.
  static bool load(const AttentionGradients<T>& from, Index first, const Queries& to, T* workspace) {
    const Head& head = from.head;
    const Index queries = smaller(tile, head.queries - first), used = rounded_up(queries, Base::pad);
    copy_in_columns(queries, head.width, head.q, first, head.scale, to.q, to.qt);
    copy_in_columns(queries, head.value_width, from.dy, first, T{1}, to.dy, to.dyt);
    row_products(queries, head.value_width, from.result.out, first, to.dy, workspace, to.y_dy);
    bool settled = false;
    for (Index i = 0; i < used; i += lanes) {
      const Vector inverse_sum = EBB_ISA::load<T>(queries - i, from.result.inverse_sum + first + i);
      settled |= xsimd::any(inverse_sum > Vector(settled_from));
      inverse_sum.store_aligned(to.inverse_sum + i);
      EBB_ISA::load<T>(queries - i, from.result.largest + first + i).store_aligned(to.largest + i);
    }
    fill(to.others, used, T{0});
    fill(to.dq, used * padded(head.width), T{0});
    return settled;
  }

  /// y[i] = sum_j a[i][j] b[i][j]. `workspace` holds the partial sums of each row in a vector, and these transposed.
  static constexpr Index row_products_workspace = 2 * tile * lanes;
  static void row_products(Index m, Index n, HeadRows<const T> a, Index first, const T* b, T* workspace, T* y) {
    T *partial = workspace, *across = workspace + tile * lanes;
    const T* row = a.data + first * a.step;
    for (Index i = 0; i < m; ++i, row += a.step) {
      Vector sum(T{0});
      for (Index j = 0; j < n; j += lanes, b += lanes) {
        Base::prefetch_row_after(row + j, a.step);
        sum = fma<T>(EBB_ISA::load<T>(n - j, row + j), Vector::load_aligned(b), sum);
      }
      sum.store_aligned(partial + i * lanes);
    }
    const Index used = rounded_up(m, lanes);
    fill(partial + m * lanes, (used - m) * lanes, T{0});
    Transpose<T>::run(used, lanes, partial, lanes, across, tile);
    for (Index i = 0; i < used; i += lanes) {
      Vector sum = Vector::load_aligned(across + i);
      for (Index r = 1; r < lanes; ++r) sum += Vector::load_aligned(across + r * tile + i);
      sum.store_aligned(y + i);
    }
  }

  /// Computes p, in the place of s, and ds.
  static void weigh(const Head& head, const Pair& pair, const Queries& queries, const Keys& keys, T* workspace, T* s,
                    T* ds) {
    Base::scores(head, pair, keys.kt, queries.qt, workspace, s);
    Base::keys_by_queries(pair, head.value_width, keys.vt, queries.dyt, ds);
    for (Index j = 0; j < pair.keys; ++j)
      for (Index i = 0; i < pair.queries; i += lanes) {
        T *p = s + j * tile + i, *dp = ds + j * tile + i;
        const Vector weight = Exponential<T>::exp(Vector::load_aligned(p) - Vector::load_aligned(queries.largest + i)) *
                              Vector::load_aligned(queries.inverse_sum + i);
        weight.store_aligned(p);
        (weight * (Vector::load_aligned(dp) - Vector::load_aligned(queries.y_dy + i))).store_aligned(dp);
      }
  }

  /// Makes ds 0 for the keys that queries are settled on, notes these keys, and sums ds over the others.
  static void take_out_settled(const Pair& pair, const T* p, T* ds, T* others, std::int32_t* settled_key) {
    for (Index i = 0; i < pair.queries; i += lanes) {
      Vector sum = Vector::load_aligned(others + i);
      for (Index j = 0; j < smaller(pair.keys, i + lanes + pair.horizon); ++j) {
        const T* weights = p + j * tile + i;
        T* d = ds + j * tile + i;
        const auto settled = Vector::load_aligned(weights) > Vector(settled_from);
        const Vector rest = xsimd::select(settled, Vector(T{0}), Vector::load_aligned(d));
        rest.store_aligned(d);
        sum += rest;
        if (!xsimd::any(settled)) continue;
        for (Index k = 0; k < lanes; ++k)
          if (weights[k] > settled_from)
            settled_key[pair.first_query + i + k] = static_cast<std::int32_t>(pair.first_key + j);
      }
      sum.store_aligned(others + i);
    }
  }

  static void add_pair(const Head& head, const Pair& pair, const Queries& queries, const Keys& keys, const T* s,
                       const T* ds) {
    Base::add_to_keys(pair, s, padded(head.value_width), queries.dy, keys.dv);
    Base::add_to_keys(pair, ds, padded(head.width), queries.q, keys.dk);
    Base::add_to_queries(pair, ds, padded(head.width), keys.k, queries.dq);
  }

  /// Writes the gradient of a tile of queries, for the first keys, or adds to it.
  static void finish(const AttentionGradients<T>& to, const Pair& pair, const Queries& from, bool first) {
    const Index n = to.head.width;
    const Vector scale(to.head.scale);
    for (Index i = 0; i < pair.queries; ++i) {
      T* row = to.dq.data + (pair.first_query + i) * to.dq.step;
      const T* dq = from.dq + i * padded(n);
      if (pair.visible() && first)
        map(
            n, [=](Vector x) { return scale * x; }, row, dq);
      else if (pair.visible())
        map(
            n, [=](Vector x, Vector y) { return fma<T>(scale, x, y); }, row, dq, row);
      else if (first)
        map(
            n, [] { return Vector(T{0}); }, row);
    }
  }

  static void finish(const AttentionGradients<T>& to, Index first, const Keys& from) {
    const Index n = to.head.width, nv = to.head.value_width;
    const auto same = [](Vector x) { return x; };
    for (Index i = 0; i < smaller(tile, to.head.keys - first); ++i) {
      map(n, same, to.dk.data + (first + i) * to.dk.step, from.dk + i * padded(n));
      map(nv, same, to.dv.data + (first + i) * to.dv.step, from.dv + i * padded(nv));
    }
  }
};

template <class T>
constexpr AttentionKernels<T> attention_kernels{
    AttentionTiles<T>::tile,
    AttentionForward<T>::query_tiles,
    AttentionBackward<T>::settled_from,
    AttentionTiles<T>::template workspace_size<typename AttentionForward<T>::Buffers>,
    AttentionTiles<T>::template workspace_size<typename AttentionBackward<T>::Buffers>,
    AttentionForward<T>::run,
    AttentionBackward<T>::run};

}  // namespace
}  // namespace EBB_ISA

EBB_DEFINE_TABLE(AttentionKernels, EBB_ISA::attention_kernels)

}  // namespace ebb::kernels
