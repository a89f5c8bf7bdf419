#pragma once

#include "attention.hpp"
#include "map.hpp"
#include "tile.hpp"

// What the forward and the backward pass of tiled attention have in common.
namespace ebb::kernels {

namespace {

/// A tile of queries against a tile of keys. Their scores stand transposed, [key][query], so that what belongs to a
/// query (its maximum, its sum) is a lane of a vector.
template <class T>
struct AttentionTiles {
  using Batch = kernels::Batch<T>;
  using Head = AttentionHead<T>;
  static constexpr Index tile = 64;
  static constexpr Index width = kernels::width<T>;
  using Product = TileProduct<T, tile>;
  static constexpr Index pad = larger(width, Product::rows);  // tiles hold rows in multiples of it
  static constexpr T infinity = static_cast<T>(__builtin_inf());

  /// Hands out scratch memory, piece by piece.
  struct Scratch {
    T* next;
    T* take(Index n) {
      T* piece = next;
      next += n;
      return piece;
    }
  };

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

  static Index padded(Index columns) { return rounded_up(columns, width); }

  static void fill(T* to, Index n, T value) {
    for (Index i = 0; i < n; ++i) to[i] = value;
  }

  static void prefetch_row_after(const T* row, Index step) { __builtin_prefetch(row + 8 * step); }

  /// to [m][padded(n)] = factor * rows of n numbers, with zeros around.
  static void copy_in(Index m, Index n, HeadRows<const T> from, Index first, T factor, T* to) {
    const T* row = from.data + first * from.step;
    for (Index i = 0; i < m; ++i, row += from.step)
      for (Index j = 0; j < n; j += width, to += width) {
        prefetch_row_after(row + j, from.step);
        (load<T>(n - j, row + j) * Batch(factor)).store_aligned(to);
      }
    fill(to, (rounded_up(m, pad) - m) * padded(n), T{0});
  }

  /// The same into columns: to [n][tile]. `rows` is room for tile * padded(n).
  static void copy_in_columns(Index m, Index n, HeadRows<const T> from, Index first, T factor, T* rows, T* to) {
    copy_in(m, n, from, first, factor, rows);
    Transpose<T>::run(rounded_up(m, pad), padded(n), rows, padded(n), to, tile);
  }

  /// s[key][query] = k . q + bias, minus infinity where hidden, from keys and scaled queries in columns.
  static void scores(const Head& head, const Pair& pair, const T* kt, const T* qt, T* s) {
    keys_by_queries(pair, head.width, kt, qt, s);
    if (head.bias.data != nullptr) add_bias(head.bias, pair, s);
    if (head.mask.data != nullptr) hide(head.mask, pair, s);
    if (!pair.whole())
      for (Index j = 0; j < pair.keys; ++j)
        fill(s + j * tile, larger(0, smaller(j - pair.horizon, pair.queries)), -infinity);
  }

  static void add_bias(const ScoreTerm<T>& bias, const Pair& pair, T* s) {
    for (Index j = 0; j < pair.keys; ++j) {
      const T* from = bias.data + (pair.first_key + j) * bias.key_step + pair.first_query * bias.query_step;
      for (Index i = 0; i < pair.queries; ++i) s[j * tile + i] += from[i * bias.query_step];
    }
  }

  static void hide(const ScoreTerm<std::int32_t>& mask, const Pair& pair, T* s) {
    for (Index j = 0; j < pair.keys; ++j) {
      const std::int32_t* from = mask.data + (pair.first_key + j) * mask.key_step + pair.first_query * mask.query_step;
      if (mask.query_step == 0) {
        if (*from == 0) fill(s + j * tile, pair.queries, -infinity);
      } else {
        for (Index i = 0; i < pair.queries; ++i)
          if (from[i * mask.query_step] == 0) s[j * tile + i] = -infinity;
      }
    }
  }

  /// s[key][query] = keys . queries, both in columns.
  static void keys_by_queries(const Pair& pair, Index depth, const T* kt, const T* qt, T* s) {
    Product::template run<Lies::as_columns>(pair.keys, rounded_up(pair.queries, pad), kt, qt, tile, s, tile, false,
                                            [&](Index key) {
                                              return Part{pair.first_query_of(key) / width * width, 0, depth};
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

}  // namespace ebb::kernels
