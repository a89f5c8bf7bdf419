#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"
#include "slicing.hpp"

// Indices count from 0; negative ones, and those past the end, throw Error.
namespace ebb EBB_PUBLIC {

/// Takes slices of x along an axis: the axis is replaced by the axes of `indices` (numpy.take).
template <class T>
Tensor<T> gather(const Operand<T>& x, const IntArray& indices, int axis, SourceLocation at = SourceLocation::current());
/// x with `updates` added at `indices` along an axis (repeated indices add up). `updates` has the shape that
/// gather(x, indices, axis) has.
template <class T>
Tensor<T> scatter_add(const Operand<T>& x, const IntArray& indices, const Operand<T>& updates, int axis,
                      SourceLocation at = SourceLocation::current());
/// One element for each of `indices`, which has the rank of x: y[i, j] = x[i, indices[i, j]] for axis 1
/// (numpy.take_along_axis).
template <class T>
Tensor<T> take_along_axis(const Operand<T>& x, const IntArray& indices, int axis,
                          SourceLocation at = SourceLocation::current());
/// Row `ids[...]` of a table [count, width], for each id: [..., width].
template <class T>
Tensor<T> embedding(const Operand<T>& table, const IntArray& ids, SourceLocation at = SourceLocation::current());
/// x with `updates` in place of what was at `indices` along an axis. `updates` has the shape that gather(x, indices,
/// axis) has. Where an index is repeated, the last of its updates counts, and the others get the adjoint 0.
template <class T>
Tensor<T> scatter(const Operand<T>& x, const IntArray& indices, const Operand<T>& updates, int axis,
                  SourceLocation at = SourceLocation::current());
/// x with one element replaced for each of `indices`: y[i, indices[i, j]] = values[i, j] for axis 1
/// (numpy.put_along_axis). Repeated indices as for `scatter`.
template <class T>
Tensor<T> put_along_axis(const Operand<T>& x, const IntArray& indices, const Operand<T>& values, int axis,
                         SourceLocation at = SourceLocation::current());
/// x with `values` in place of slice(x, axis, range), to whose shape they broadcast: what x[range] = values does to an
/// array of NumPy, in a new tensor.
template <class T>
Tensor<T> slice_scatter(const Operand<T>& x, int axis, Range range, const Operand<T>& values,
                        SourceLocation at = SourceLocation::current());

}  // namespace ebb
