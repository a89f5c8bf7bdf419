#pragma once

#include "attention.h"
#include "map.h"
#include "tile.h"
#include "transpose.h"

// The common part of the forward and the backward pass of tiled attention.
namespace ebb::kernels {

namespace EBB_ISA {
namespace {

/// A tile of queries against a tile of keys. Their scores stand transposed, [key][query], so that what belongs to a
/// query (its maximum, its sum) is a lane of a vector.
template <class T>
struct AttentionTiles {
  using Vector = EBB_ISA::Vector<T>;
  using Head = AttentionHead<T>;
  static constexpr Index tile = 64;
  static constexpr Index lanes = EBB_ISA::lanes<T>;
  using Product = TileProduct<T, tile>;
  static constexpr Index pad = larger(lanes, Product::rows);  // tiles hold rows in multiples of it
  static constexpr T infinity = static_cast<T>(__builtin_inf());

  /// Hands out a workspace piece by piece. Without memory it only counts, so that the size of a workspace and its use
  /// are said in one place.
  struct Workspace {
    T* memory = nullptr;
    Index used = 0;
    T* take(Index n) {
      T* piece = memory == nullptr ? nullptr : memory + used;
      used += n;
      return piece;
    }
  };

  /// The size of the workspace from which Buffers(head, workspace) takes its pieces.
  template <class Buffers>
  static Index workspace_size(const Head& head) {
    Workspace counting;
    static_cast<void>(Buffers(head, counting));
    return counting.used;
  }

  struct Pair {
    Index first_query, queries, first_key, keys;
    Index horizon;  // query i sees key j if j <= i + horizon, both counted within the tiles

    Pair(const Head& head, Index query, Index key)
        : first_query(query),
          queries(smaller(tile, head.queries - query)),
          first_key(key),
          keys(smaller(tile, head.keys - key)),
          horizon(head.causal ? query + head.keys - head.queries - key : tile) {}

    bool visible() const { return queries + horizon > 0; }
    bool whole() const { return keys <= horizon + 1; }
    // Products leave out what lies beyond the horizon, in whole blocks of rows.
    Index block_horizon() const { return rounded_up(horizon + tile, Product::rows) - tile; }
    Index first_query_of(Index key_block) const { return larger(0, key_block - block_horizon()); }
    Index end_of_keys_of(Index query_block) const {
      return smaller(keys, query_block + Product::rows + block_horizon());
    }
  };

  static Index padded(Index columns) { return rounded_up(columns, lanes); }

  static void fill(T* to, Index n, T value) {
    for (Index i = 0; i < n; ++i) to[i] = value;
  }

  static void prefetch_row_after(const T* row, Index step) { __builtin_prefetch(row + 8 * step); }

  /// Copies rows of n numbers, times a factor, to [m][padded(n)], with zeros around them.
  static void copy_in(Index m, Index n, HeadRows<const T> from, Index first, T factor, T* to) {
    const T* row = from.data + first * from.step;
    for (Index i = 0; i < m; ++i, row += from.step)
      for (Index j = 0; j < n; j += lanes, to += lanes) {
        prefetch_row_after(row + j, from.step);
        (load<T>(n - j, row + j) * Vector(factor)).store_aligned(to);
      }
    fill(to, (rounded_up(m, pad) - m) * padded(n), T{0});
  }

  /// Copies them so into columns: to [n][tile]. `rows` is a workspace of tile * padded(n).
  static void copy_in_columns(Index m, Index n, HeadRows<const T> from, Index first, T factor, T* rows, T* to) {
    copy_in(m, n, from, first, factor, rows);
    Transpose<T>::run(rounded_up(m, pad), padded(n), rows, padded(n), to, tile);
  }

  /// The size of the workspace of `scores`.
  static Index scores_workspace_size(const Head& head) {
    return head.mask.data != nullptr || head.bias.data != nullptr ? 2 * tile * tile : 0;
  }

  /// s[key][query] = k . q + bias, minus infinity where hidden, from keys and scaled queries in columns.
  static void scores(const Head& head, const Pair& pair, const T* kt, const T* qt, T* workspace, T* s) {
    keys_by_queries(pair, head.width, kt, qt, s);
    const Vector hidden(-infinity);
    if (head.bias.data != nullptr) {
      const auto same = [](T x) { return x; };
      combine(pair, head.bias, same, workspace, s, [](Vector score, Vector bias) { return score + bias; });
    }
    if (head.mask.data != nullptr) {
      const auto number = [](std::int32_t x) { return static_cast<T>(x != 0); };
      combine(pair, head.mask, number, workspace, s,
              [&](Vector score, Vector allowed) { return xsimd::select(allowed == Vector(T{0}), hidden, score); });
    }
    if (!pair.whole())
      for (Index j = 0; j < pair.keys; ++j)
        fill(s + j * tile, larger(0, smaller(j - pair.horizon, pair.queries)), -infinity);
  }

  /// s = f(s, g(term)), element by element.
  template <class U, class G, class F>
  static void combine(const Pair& pair, const ScoreTerm<U>& term, G g, T* workspace, T* s, F f) {
    T *columns = workspace, *rows = workspace + tile * tile;
    const U* from = term.data + pair.first_query * term.query_step + pair.first_key * term.key_step;
    if (term.query_step == 0) {
      for (Index j = 0; j < pair.keys; ++j) fill(columns + j * tile, pair.queries, g(from[j * term.key_step]));
    } else {
      for (Index i = 0; i < pair.queries; ++i, from += term.query_step)
        if (term.key_step == 0)
          fill(rows + i * tile, pair.keys, g(*from));
        else
          for (Index j = 0; j < pair.keys; ++j) rows[i * tile + j] = g(from[j]);
      Transpose<T>::run(padded(pair.queries), padded(pair.keys), rows, tile, columns, tile);
    }
    for (Index j = 0; j < pair.keys; ++j)
      for (Index i = j * tile; i < j * tile + pair.queries; i += lanes)
        f(Vector::load_aligned(s + i), Vector::load_aligned(columns + i)).store_aligned(s + i);
  }

  /// s[key][query] = keys . queries, both in columns.
  static void keys_by_queries(const Pair& pair, Index depth, const T* kt, const T* qt, T* s) {
    Product::template run<Lies::as_columns>(pair.keys, rounded_up(pair.queries, pad), kt, qt, tile, s, tile, false,
                                            [&](Index key) {
                                              return Part{pair.first_query_of(key) / lanes * lanes, 0, depth};
                                            });
  }

  /// by_key += s rows, one row for each query.
  static void add_to_keys(const Pair& pair, const T* s, Index columns, const T* rows, T* by_key) {
    Product::template run<Lies::as_rows>(pair.keys, columns, s, rows, columns, by_key, columns, true, [&](Index key) {
      return Part{0, pair.first_query_of(key), pair.queries};
    });
  }

  /// by_query += s^T rows, one row for each key.
  static void add_to_queries(const Pair& pair, const T* s, Index columns, const T* rows, T* by_query) {
    Product::template run<Lies::as_columns>(pair.queries, columns, s, rows, columns, by_query, columns, true,
                                            [&](Index query) {
                                              return Part{0, 0, pair.end_of_keys_of(query)};
                                            });
  }
};

}  // namespace
}  // namespace EBB_ISA

}  // namespace ebb::kernels
