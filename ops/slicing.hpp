#pragma once

#include <optional>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

namespace ebb EBB_PUBLIC {

/// The indices that a slice takes: start, start + step, ... before stop, as in Python: negative ones count from the
/// end, what lies outside is cut off, and a negative step goes backwards.
struct Range {
  std::optional<Index> start = {};
  std::optional<Index> stop = {};
  Index step = 1;
};
template <class T>
Tensor<T> slice(const Operand<T>& x, int axis, Range range, SourceLocation at = SourceLocation::current());
/// Puts `before` and `after` elements of this value around x along an axis.
template <class T>
Tensor<T> pad(const Operand<T>& x, int axis, Index before, Index after, double value = 0,
              SourceLocation at = SourceLocation::current());
/// Reverses the order along these axes.
template <class T>
Tensor<T> flip(const Operand<T>& x, const Axes& axes, SourceLocation at = SourceLocation::current());
/// Cuts along an axis into this many equal parts. Throws Error if it does not divide.
template <class T>
std::vector<Tensor<T>> split(const Operand<T>& x, Index parts, int axis, SourceLocation at = SourceLocation::current());
/// Cuts along an axis into parts of these extents, which must add up to the axis.
template <class T>
std::vector<Tensor<T>> split(const Operand<T>& x, const std::vector<Index>& extents, int axis,
                             SourceLocation at = SourceLocation::current());
/// A slice along each of the first axes: slice(x, {{0, 2}, {}, {.step = -1}}). The axes that follow stay whole.
template <class T>
Tensor<T> slice(const Operand<T>& x, const std::vector<Range>& ranges, SourceLocation at = SourceLocation::current());
/// The part at one index of an axis, without that axis. A negative index counts from the end; throws Error for one that
/// is not there.
template <class T>
Tensor<T> select(const Operand<T>& x, int axis, Index index, SourceLocation at = SourceLocation::current());
/// The parts at all indices of an axis, each without it: undoes `stack`.
template <class T>
std::vector<Tensor<T>> unbind(const Operand<T>& x, int axis = 0, SourceLocation at = SourceLocation::current());
/// Shifts along an axis; what leaves at one end comes in at the other: y[(i + shift) mod n] = x[i].
template <class T>
Tensor<T> roll(const Operand<T>& x, Index shift, int axis, SourceLocation at = SourceLocation::current());

}  // namespace ebb
