#pragma once

#include <concepts>
#include <cstdint>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"
#include "reduction.hpp"
#include "slicing.hpp"

// Arrays of integers: ids, labels, indices, and masks (1 where something holds, else 0). They are constants, and stand
// on no tape. They broadcast as tensors do, and a whole number may stand on either side. Results that 32 bits do not
// hold throw Error. one_hot and to_tensor (creation.hpp) make tensors of them, to_integers makes them of a tensor.
namespace ebb EBB_PUBLIC {

/// An argument of these functions: an IntArray or a whole number, and the line on which it stands, for the operators.
/// Users never need to name it.
class Integers {
 public:
  Integers(const IntArray& array, SourceLocation at = SourceLocation::current()) : array_(array), at_(at) {}
  template <std::integral N>
  requires(!std::same_as<N, bool>) Integers(N number, SourceLocation at = SourceLocation::current())
      : array_(of_number(static_cast<Index>(number))), at_(at) {}
  const IntArray& array() const { return array_; }
  SourceLocation at() const { return at_; }

 private:
  static IntArray of_number(Index number);
  IntArray array_;
  SourceLocation at_;
};

/// The numbers of a tensor as integers. Throws Error for one that is not whole, or that 32 bits do not hold: round(),
/// floor() and ceil() make whole numbers.
template <class T>
IntArray to_integers(const Operand<T>& x, SourceLocation at = SourceLocation::current());

// Also as operators: a + b, a - b, a * b, -a. There is no a / b: C++ rounds it towards 0, and most of the field does
// not.
IntArray add(const Integers& a, const Integers& b, SourceLocation at = SourceLocation::current());
IntArray subtract(const Integers& a, const Integers& b, SourceLocation at = SourceLocation::current());
IntArray multiply(const Integers& a, const Integers& b, SourceLocation at = SourceLocation::current());
/// The largest integer that is not above a / b, so that floor_divide(-1, 2) is -1. Throws Error for b = 0.
IntArray floor_divide(const Integers& a, const Integers& b, SourceLocation at = SourceLocation::current());
/// a - b floor_divide(a, b), which has the sign of b: remainder(-1, 3) is 2. Throws Error for b = 0.
IntArray remainder(const Integers& a, const Integers& b, SourceLocation at = SourceLocation::current());

// Masks, also as operators: a < b, a > b, a <= b, a >= b.
IntArray equal(const Integers& a, const Integers& b, SourceLocation at = SourceLocation::current());
IntArray less(const Integers& a, const Integers& b, SourceLocation at = SourceLocation::current());
IntArray less_equal(const Integers& a, const Integers& b, SourceLocation at = SourceLocation::current());

// Of masks, and of integers of which those count that are not 0.
IntArray logical_and(const Integers& a, const Integers& b, SourceLocation at = SourceLocation::current());
IntArray logical_or(const Integers& a, const Integers& b, SourceLocation at = SourceLocation::current());
IntArray logical_not(const Integers& a, SourceLocation at = SourceLocation::current());
/// a where the mask is not 0, else b; all three broadcast.
IntArray where(const IntArray& mask, const Integers& a, const Integers& b,
               SourceLocation at = SourceLocation::current());

/// The sum of all elements, which counts those of a mask.
Index sum(const IntArray& x, SourceLocation at = SourceLocation::current());
IntArray sum(const IntArray& x, const Axes& axes, ReduceOptions options = {},
             SourceLocation at = SourceLocation::current());
/// True if any element is not 0; false where there is none.
bool any(const IntArray& x, SourceLocation at = SourceLocation::current());
IntArray any(const IntArray& x, const Axes& axes, ReduceOptions options = {},
             SourceLocation at = SourceLocation::current());
/// True if no element is 0; true where there is none.
bool all(const IntArray& x, SourceLocation at = SourceLocation::current());
IntArray all(const IntArray& x, const Axes& axes, ReduceOptions options = {},
             SourceLocation at = SourceLocation::current());

/// start, start + step, ... before stop: arange(0, 4) is {0, 1, 2, 3}, and arange(3, -1, -1) counts down. For
/// numbers of other types, arange<float>(0, 1, 0.1). Throws Error for a step of 0.
IntArray arange(Extent start, Extent stop, Extent step = 1);

// What moves elements does as for tensors: see shape.hpp, slicing.hpp, indexing.hpp and joining.hpp.
IntArray reshape(const IntArray& x, const Shape& shape, SourceLocation at = SourceLocation::current());
IntArray permute(const IntArray& x, const Axes& axes, SourceLocation at = SourceLocation::current());
IntArray transpose(const IntArray& x, int a = -2, int b = -1, SourceLocation at = SourceLocation::current());
IntArray squeeze(const IntArray& x, SourceLocation at = SourceLocation::current());
IntArray squeeze(const IntArray& x, const Axes& axes, SourceLocation at = SourceLocation::current());
IntArray unsqueeze(const IntArray& x, int axis, SourceLocation at = SourceLocation::current());
IntArray flip(const IntArray& x, const Axes& axes, SourceLocation at = SourceLocation::current());
IntArray roll(const IntArray& x, Index shift, int axis, SourceLocation at = SourceLocation::current());
IntArray select(const IntArray& x, int axis, Index index, SourceLocation at = SourceLocation::current());
std::vector<IntArray> split(const IntArray& x, Index parts, int axis, SourceLocation at = SourceLocation::current());
std::vector<IntArray> split(const IntArray& x, const std::vector<Index>& extents, int axis,
                            SourceLocation at = SourceLocation::current());
std::vector<IntArray> unbind(const IntArray& x, int axis = 0, SourceLocation at = SourceLocation::current());
IntArray gather(const IntArray& x, const IntArray& indices, int axis, SourceLocation at = SourceLocation::current());
IntArray slice(const IntArray& x, int axis, Range range, SourceLocation at = SourceLocation::current());
IntArray concatenate(const std::vector<IntArray>& parts, int axis, SourceLocation at = SourceLocation::current());
IntArray stack(const std::vector<IntArray>& parts, int axis = 0, SourceLocation at = SourceLocation::current());

inline IntArray operator+(const Integers& a, const Integers& b) { return add(a, b, a.at()); }
inline IntArray operator-(const Integers& a, const Integers& b) { return subtract(a, b, a.at()); }
inline IntArray operator*(const Integers& a, const Integers& b) { return multiply(a, b, a.at()); }
inline IntArray operator-(const Integers& a) { return subtract(0, a, a.at()); }
inline IntArray operator<(const Integers& a, const Integers& b) { return less(a, b, a.at()); }
inline IntArray operator>(const Integers& a, const Integers& b) { return less(b, a, a.at()); }
inline IntArray operator<=(const Integers& a, const Integers& b) { return less_equal(a, b, a.at()); }
inline IntArray operator>=(const Integers& a, const Integers& b) { return less_equal(b, a, a.at()); }

}  // namespace ebb
