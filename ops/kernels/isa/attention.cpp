#include "attention.hpp"

#include "exp2.hpp"
#include "tile.hpp"

// Attention tile by tile (Dao et al. 2022, "FlashAttention"), with the running softmax of Milakov & Gimelshein 2018,
// "Online normalizer calculation for softmax". Tiles of scores stand transposed, [key][query], so that what belongs to
// a query (its maximum, its sum) is a lane of a vector; and to the base 2: p = 2^(s - l), s = scale log2(e) q . k.
namespace ebb::kernels {

namespace {

template <class T>
constexpr T log2_e = static_cast<T>(1.44269504088896340736);
template <class T>
constexpr T infinity = static_cast<T>(__builtin_inf());
template <class T>
constexpr T lowest = sizeof(T) == 4 ? static_cast<T>(-__FLT_MAX__) : static_cast<T>(-__DBL_MAX__);

template <class T>
struct Attention {
  using Batch = kernels::Batch<T>;
  using Head = AttentionHead<T>;
  static constexpr Index tile = 64;
  static constexpr Index query_tiles = 8, key_tiles = 4;  // at hand at a time: they stay in the second cache
  static constexpr Index width = kernels::width<T>;
  using Product = TileProduct<T, tile>;
  static constexpr Index pad = width > Product::rows ? width : Product::rows;  // of rows, wherever there are any

  static Index padded_width(const Head& head) { return rounded_up(head.width, width); }
  static Index padded_value_width(const Head& head) { return rounded_up(head.value_width, width); }

  /// Hands out scratch memory, piece by piece.
  struct Scratch {
    T* next;
    T* take(Index n) {
      T* piece = next;
      next += n;
      return piece;
    }
  };

  /// The tile of queries from `first_query` on against the tile of keys from `first_key` on.
  struct Pair {
    Index first_query, queries, first_key, keys;
    Index horizon;  // key j is visible to query i if j <= i + horizon, counted within the tiles

    Pair(const Head& head, Index query, Index key)
        : first_query(query),
          queries(smaller(tile, head.queries - query)),
          first_key(key),
          keys(smaller(tile, head.keys - key)),
          horizon(head.causal ? query + head.keys - head.queries - key : tile) {}

    bool visible() const { return keys > 0 && horizon + queries > 0; }
    bool whole() const { return horizon >= keys - 1; }
    // What follows leaves out what the horizon hides, in whole blocks of rows.
    Index block_horizon() const { return rounded_up(horizon + tile, Product::rows) - tile; }
    Index first_query_of(Index key_block) const { return larger(0, key_block - block_horizon()); }
    Index key_count_of(Index query_block) const { return smaller(keys, query_block + Product::rows + block_horizon()); }
  };

  static void fill(T* to, Index n, T value) {
    for (Index i = 0; i < n; ++i) to[i] = value;
  }

  /// to = factor * from, with zeros around: up to `to_step` columns, and rows in a multiple of `pad`.
  static void copy_in(Index m, Index n, HeadRows<const T> from, Index first, T factor, T* to, Index to_step) {
    for (Index i = 0; i < m; ++i, to += to_step) {
      const T* row = from.data + (first + i) * from.step;
      for (Index j = 0; j < n; ++j) to[j] = factor * row[j];
      for (Index j = n; j < to_step; ++j) to[j] = T{0};
    }
    fill(to, (rounded_up(m, pad) - m) * to_step, T{0});
  }

  /// The scores of a pair of tiles, from transposed keys and queries: s[key][query], minus infinity where hidden.
  static void scores(const Head& head, const Pair& pair, const T* kt, const T* qt, T* s) {
    keys_by_queries(pair, head.width, kt, qt, s);
    if (head.bias.data != nullptr) add_bias(head.bias, pair, s);
    if (head.mask.data != nullptr) hide(head.mask, pair, s);
    if (!pair.whole())
      for (Index j = 0; j < pair.keys; ++j)
        fill(s + j * tile, larger(0, smaller(j - pair.horizon, pair.queries)), -infinity<T>);
  }

  static void add_bias(const ScoreTerm<T>& bias, const Pair& pair, T* s) {
    for (Index j = 0; j < pair.keys; ++j) {
      const T* from = bias.data + (pair.first_key + j) * bias.key_step + pair.first_query * bias.query_step;
      for (Index i = 0; i < pair.queries; ++i) s[j * tile + i] += log2_e<T> * from[i * bias.query_step];
    }
  }

  static void hide(const ScoreTerm<std::int32_t>& mask, const Pair& pair, T* s) {
    for (Index j = 0; j < pair.keys; ++j) {
      const std::int32_t* from = mask.data + (pair.first_key + j) * mask.key_step + pair.first_query * mask.query_step;
      if (mask.query_step == 0) {
        if (*from == 0) fill(s + j * tile, pair.queries, -infinity<T>);
      } else {
        for (Index i = 0; i < pair.queries; ++i)
          if (from[i * mask.query_step] == 0) s[j * tile + i] = -infinity<T>;
      }
    }
  }

  // The products of a pair of tiles. `kt` and `qt` are [depth][tile]; s is [key][query].

  static void keys_by_queries(const Pair& pair, Index depth, const T* kt, const T* qt, T* s) {
    Product::template run<Lies::as_columns>(pair.keys, rounded_up(pair.queries, pad), kt, qt, tile, s, tile, false,
                                            [&](Index key) {
                                              return Part{pair.first_query_of(key) / width * width, 0, depth};
                                            });
  }

  /// by_key += s rows
  static void add_to_keys(const Pair& pair, const T* s, Index columns, const T* rows, T* by_key) {
    Product::template run<Lies::as_rows>(pair.keys, columns, s, rows, columns, by_key, columns, true, [&](Index key) {
      return Part{0, pair.first_query_of(key), pair.queries};
    });
  }

  /// by_query += s^T rows
  static void add_to_queries(const Pair& pair, const T* s, Index columns, const T* rows, T* by_query) {
    Product::template run<Lies::as_columns>(pair.queries, columns, s, rows, columns, by_query, columns, true,
                                            [&](Index query) {
                                              return Part{0, 0, pair.key_count_of(query)};
                                            });
  }

  /// What is known of a tile of queries after some of the keys: the result, not yet divided by the sum, and of each
  /// query's scores the maximum and the sum of 2^(s - maximum).
  struct Running {
    T *qt, *out, *maximum, *sum, *decay;
  };

  /// Takes in the scores of further keys, `vectors` vectors of queries from `at` on: s becomes 2^(s - maximum), `decay`
  /// what the result so far is to be multiplied by.
  template <int vectors>
  static void take_in(Index keys, T* s, const Running& running, Index at) {
    Batch maximum[vectors], sum[vectors];
    for (int v = 0; v < vectors; ++v) maximum[v] = Batch::load_aligned(running.maximum + at + v * width);
    for (Index j = 0; j < keys; ++j)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v)
        maximum[v] = xsimd::max(maximum[v], Batch::load_aligned(s + j * tile + at + v * width));
    for (int v = 0; v < vectors; ++v) sum[v] = Batch(T{0});
    for (Index j = 0; j < keys; ++j)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) {
        T* p = s + j * tile + at + v * width;
        const Batch weight = exp2<T>(Batch::load_aligned(p) - maximum[v]);
        weight.store_aligned(p);
        sum[v] += weight;
      }
    for (int v = 0; v < vectors; ++v) {
      const Index i = at + v * width;
      const Batch decay = exp2<T>(Batch::load_aligned(running.maximum + i) - maximum[v]);
      decay.store_aligned(running.decay + i);
      maximum[v].store_aligned(running.maximum + i);
      fma<T>(Batch::load_aligned(running.sum + i), decay, sum[v]).store_aligned(running.sum + i);
    }
  }

  static void softmax(const Pair& pair, Index columns, T* s, const Running& running) {
    Index at = 0;
    for (; at + 4 * width <= pair.queries; at += 4 * width) take_in<4>(pair.keys, s, running, at);
    for (; at < pair.queries; at += width) take_in<1>(pair.keys, s, running, at);
    for (Index i = 0; i < pair.queries; ++i)
      if (running.decay[i] != T{1})
        for (Index j = 0; j < columns; ++j) running.out[i * columns + j] *= running.decay[i];
  }

  static Index forward_scratch(const Head& head) {
    const Index w = padded_width(head), wv = padded_value_width(head);
    return query_tiles * tile * (w + wv + 3) + tile * (2 * w + wv + tile);
  }

  static void forward(const Head& head, const AttentionResult<T>& result, TileStride tiles, T* memory) {
    const Index w = padded_width(head), wv = padded_value_width(head), step = tiles.step * tile;
    Scratch scratch{memory};
    T *rows = scratch.take(tile * w), *kt = scratch.take(tile * w), *v = scratch.take(tile * wv),
      *s = scratch.take(tile * tile);
    Running running[query_tiles];
    Index count = 0;
    for (Index i = tiles.first * tile; i < head.queries; i += step, ++count) {
      running[count] = {scratch.take(tile * w), scratch.take(tile * wv), scratch.take(tile), scratch.take(tile),
                        scratch.take(tile)};
      const Index queries = smaller(tile, head.queries - i);
      copy_in(queries, head.width, head.q, i, head.scale * log2_e<T>, rows, w);
      Transpose<T>::run(rounded_up(queries, pad), w, rows, w, running[count].qt, tile);
      fill(running[count].out, tile * wv, T{0});
      fill(running[count].maximum, tile, lowest<T>);
      fill(running[count].sum, tile, T{0});
    }
    const auto pair_of = [&](Index t, Index key) { return Pair(head, tiles.first * tile + t * step, key); };
    for (Index j = 0; j < head.keys && pair_of(count - 1, j).visible(); j += tile) {
      const Index keys = smaller(tile, head.keys - j);
      copy_in(keys, head.width, head.k, j, T{1}, rows, w);
      Transpose<T>::run(rounded_up(keys, pad), w, rows, w, kt, tile);
      copy_in(keys, head.value_width, head.v, j, T{1}, v, wv);
      for (Index t = 0; t < count; ++t) {
        const Pair pair = pair_of(t, j);
        if (!pair.visible()) continue;
        scores(head, pair, kt, running[t].qt, s);
        softmax(pair, wv, s, running[t]);
        add_to_queries(pair, s, wv, v, running[t].out);
      }
    }
    for (Index t = 0; t < count; ++t) finish(head, tiles.first * tile + t * step, running[t], result);
  }

  /// Divides by the sums. Where all keys were hidden the sum is 0, and so is the result.
  static void finish(const Head& head, Index first, const Running& running, const AttentionResult<T>& result) {
    const Index queries = smaller(tile, head.queries - first), columns = padded_value_width(head);
    for (Index i = 0; i < queries; ++i) {
      const T sum = running.sum[i], factor = sum == T{0} ? T{0} : T{1} / sum;
      T* to = result.out.data + (first + i) * result.out.step;
      for (Index j = 0; j < head.value_width; ++j) to[j] = factor * running.out[i * columns + j];
    }
    for (Index i = 0; i < tile; i += width)
      (Batch::load_aligned(running.maximum + i) + xsimd::log2(Batch::load_aligned(running.sum + i)))
          .store_aligned(running.maximum + i);
    for (Index i = 0; i < queries; ++i)
      result.log_sum_exp[first + i] = running.sum[i] == T{0} ? T{0} : running.maximum[i];
  }

  /// A tile of keys and values, with their gradients.
  struct Keys {
    T *k, *kt, *vt, *dk, *dv;
  };

  /// A tile of queries, their share of the gradient of the result, and the gradient of the queries.
  struct Queries {
    T *q, *qt, *d_out, *d_out_t, *log_sum_exp, *product, *dq;
  };

  static Index backward_scratch(const Head& head) {
    const Index w = padded_width(head), wv = padded_value_width(head);
    return tile * (key_tiles * (3 * w + 2 * wv) + 3 * w + 3 * wv + 2 + 2 * tile + 2 * width);
  }

  static void backward(const AttentionGradients<T>* heads, Index count, TileStride tiles, T* memory) {
    const Head& head = heads[0].head;
    const Index w = padded_width(head), wv = padded_value_width(head), step = tiles.step * tile;
    Scratch scratch{memory};
    T *s = scratch.take(tile * tile), *t = scratch.take(tile * tile), *rows = scratch.take(tile * (wv + 2 * width));
    const Queries at_hand{scratch.take(tile * w),  scratch.take(tile * w), scratch.take(tile * wv),
                          scratch.take(tile * wv), scratch.take(tile),     scratch.take(tile),
                          scratch.take(tile * w)};
    Keys keys[key_tiles];
    for (Keys& each : keys)
      each = {scratch.take(tile * w), scratch.take(tile * w), scratch.take(tile * wv), scratch.take(tile * w),
              scratch.take(tile * wv)};
    for (Index first = tiles.first * tile; first < head.keys; first += key_tiles * step) {
      Index used = 0;
      for (Index j = first; j < head.keys && used < key_tiles; j += step) load_keys(head, j, keys[used++], rows);
      for (Index h = 0; h < count; ++h)
        for (Index i = 0; i < heads[h].head.queries; i += tile) {
          if (!Pair(heads[h].head, i, first).visible()) continue;
          load_queries(heads[h], i, at_hand, rows);
          for (Index each = 0; each < used; ++each) {
            const Pair pair(heads[h].head, i, first + each * step);
            if (pair.visible()) add_pair(heads[h].head, pair, at_hand, keys[each], s, t);
          }
          const HeadRows<T>& dq = heads[h].dq;
          for (Index r = 0; r < head.queries - i && r < tile; ++r)
            for (Index c = 0; c < head.width; ++c) dq.data[(i + r) * dq.step + c] += head.scale * at_hand.dq[r * w + c];
        }
      for (Index each = 0; each < used; ++each) store_keys(heads[0], first + each * step, keys[each]);
    }
  }

  static void load_keys(const Head& head, Index first, const Keys& to, T* rows) {
    const Index w = padded_width(head), wv = padded_value_width(head);
    const Index keys = smaller(tile, head.keys - first), padded = rounded_up(keys, pad);
    copy_in(keys, head.width, head.k, first, T{1}, to.k, w);
    Transpose<T>::run(padded, w, to.k, w, to.kt, tile);
    copy_in(keys, head.value_width, head.v, first, T{1}, rows, wv);
    Transpose<T>::run(padded, wv, rows, wv, to.vt, tile);
    fill(to.dk, tile * w, T{0});
    fill(to.dv, tile * wv, T{0});
  }

  static void load_queries(const AttentionGradients<T>& gradients, Index first, const Queries& to, T* rows) {
    const Head& head = gradients.head;
    const Index w = padded_width(head), wv = padded_value_width(head);
    const Index queries = smaller(tile, head.queries - first), padded = rounded_up(queries, pad);
    copy_in(queries, head.width, head.q, first, head.scale * log2_e<T>, to.q, w);
    Transpose<T>::run(padded, w, to.q, w, to.qt, tile);
    copy_in(queries, head.value_width, gradients.d_out, first, T{1}, to.d_out, wv);
    Transpose<T>::run(padded, wv, to.d_out, wv, to.d_out_t, tile);
    copy_in(queries, head.value_width, gradients.result.out, first, T{1}, rows, wv);
    row_products(padded, wv, to.d_out, rows, to.product, rows + tile * wv);
    for (Index i = 0; i < queries; ++i) to.log_sum_exp[i] = gradients.result.log_sum_exp[first + i];
    fill(to.log_sum_exp + queries, padded - queries, T{0});
    fill(to.dq, tile * w, T{0});
  }

  /// y[i] = sum_j a[i][j] b[i][j]
  static void row_products(Index m, Index n, const T* a, const T* b, T* y, T* memory) {
    T *partial = memory, *across = memory + tile * width;
    for (Index i = 0; i < m; ++i) {
      Batch sum(T{0});
      for (Index j = 0; j < n; j += width)
        sum = fma<T>(Batch::load_aligned(a + i * n + j), Batch::load_aligned(b + i * n + j), sum);
      sum.store_aligned(partial + i * width);
    }
    Transpose<T>::run(m, width, partial, width, across, tile);
    for (Index i = 0; i < m; i += width) {
      Batch sum = Batch::load_aligned(across + i);
      for (Index r = 1; r < width; ++r) sum += Batch::load_aligned(across + r * tile + i);
      sum.store_aligned(y + i);
    }
  }

  /// p = 2^(s - l), dv += p d_out, dp = v d_out^T, ds = p (dp - rowsum(out d_out)), dk += ds q, dq += ds^T k
  static void add_pair(const Head& head, const Pair& pair, const Queries& queries, const Keys& keys, T* s, T* t) {
    const Index w = padded_width(head), wv = padded_value_width(head);
    scores(head, pair, keys.kt, queries.qt, s);
    keys_by_queries(pair, head.value_width, keys.vt, queries.d_out_t, t);
    for (Index j = 0; j < pair.keys; ++j)
      for (Index i = 0; i < pair.queries; i += width) {
        T *p = s + j * tile + i, *ds = t + j * tile + i;
        const Batch weight = exp2<T>(Batch::load_aligned(p) - Batch::load_aligned(queries.log_sum_exp + i));
        weight.store_aligned(p);
        (weight * (Batch::load_aligned(ds) - Batch::load_aligned(queries.product + i))).store_aligned(ds);
      }
    add_to_keys(pair, s, wv, queries.d_out, keys.dv);
    add_to_keys(pair, t, w, queries.q, keys.dk);
    add_to_queries(pair, t, w, keys.k, queries.dq);
  }

  static void store_keys(const AttentionGradients<T>& to, Index first, const Keys& from) {
    const Head& head = to.head;
    const Index w = padded_width(head), wv = padded_value_width(head);
    for (Index i = 0; i < head.keys - first && i < tile; ++i) {
      T *dk = to.dk.data + (first + i) * to.dk.step, *dv = to.dv.data + (first + i) * to.dv.step;
      for (Index j = 0; j < head.width; ++j) dk[j] = ln_2<T> * from.dk[i * w + j];
      for (Index j = 0; j < head.value_width; ++j) dv[j] = from.dv[i * wv + j];
    }
  }
};

template <class T>
constexpr AttentionKernels<T> attention_kernels{
    Attention<T>::tile,    Attention<T>::query_tiles, Attention<T>::forward_scratch, Attention<T>::backward_scratch,
    Attention<T>::forward, Attention<T>::backward};

}  // namespace

EBB_DEFINE_FAMILY(AttentionKernels, attention_kernels)

}  // namespace ebb::kernels
