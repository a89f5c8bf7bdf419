#pragma once

#include "tensor.hpp"

namespace ebb {

/// The engine's one operation: the sum of two adjoints of the same shape, recorded like any other op.
template <class T>
Tensor<T> add_adjoints(const Tensor<T>& a, const Tensor<T>& b);

/// Adds without a record: into the buffer of `sum` if nobody else holds it, else into a new one.
template <class T>
void add_in_place(Tensor<T>& sum, const Tensor<T>& b);
/// Returns a + b, in the buffer of `a` if nobody else holds it; `b` if `a` is undefined, as a gradient may be.
template <class T>
Array<T> sum_of(Array<T> a, const Array<T>& b);

}  // namespace ebb
