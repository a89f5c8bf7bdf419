#pragma once

#include <string>
#include <vector>

#include "../storage/array.hpp"

namespace ebb {

/// An array's values in brief, for a page: all numbers are of those that are finite.
struct TensorDigest {
  double min = 0, max = 0, mean = 0, deviation = 0;  // the deviation is that of the values themselves, over n
  double norm = 0;                                   // Euclidean
  Index finite = 0, non_finite = 0, zeros = 0;
};

/// A picture of an array. Of rank 2 and more: its first matrix, averaged over blocks. Else: how many values fall where.
struct TensorPicture {
  Index rows = 0, columns = 0;  // of the heat map; 0 if there is none
  double low = 0, high = 0;     // the averages that the first and the last level stand for
  std::string cells;            // row by row, one level each; '!' for a block that holds a NaN or an infinity
  std::vector<Index> bins;      // of the histogram, from the smallest value to the largest; empty if there is none
};

/// The 64 levels of a heat map, from the lowest to the highest.
inline constexpr char heat_levels[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

template <class T>
TensorDigest digest_of(const Array<T>& x);

/// With heat maps of at most `side` by `side` cells.
template <class T>
TensorPicture picture_of(const Array<T>& x, const TensorDigest& digest, Index side);

}  // namespace ebb
