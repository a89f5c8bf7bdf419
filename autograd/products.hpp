#pragma once

#include "base/visibility.hpp"
#include "tape.hpp"

namespace ebb EBB_PUBLIC {

// Products with the derivatives of what a tape recorded. All leave the tape as they found it, however often they are
// called, and return constants. They throw what `grad` throws, and Error for a vector whose shape does not fit.
//
//     auto x = tape.watch(x0);
//     auto y = f(x);
//     auto row = ebb::vjp(y, x, dy), column = ebb::jvp(y, x, dx);

/// The vector-Jacobian product dy . dy/dx, of the shape of x: one backward walk.
template <class T>
Tensor<T> vjp(const Tensor<T>& y, const Operand<T>& x, const Tensor<T>& dy);
/// The Jacobian-vector product dy/dx . dx, of the shape of y: two backward walks, since u -> vjp(u) is linear and its
/// own vjp is this (Townsend 2017, "A new trick for calculating Jacobian vector products").
template <class T>
Tensor<T> jvp(const Tensor<T>& y, const Operand<T>& x, const Tensor<T>& dx);
/// The product of the Hessian of a loss (one element) with a vector, of the shape of x: the gradient of gradient . v
/// (Pearlmutter 1994).
template <class T>
Tensor<T> hvp(const Tensor<T>& loss, const Operand<T>& x, const Tensor<T>& v);
/// All of dy/dx, of shape y.shape + x.shape (at most eight axes): one backward walk for each element of y.
template <class T>
Tensor<T> jacobian(const Tensor<T>& y, const Operand<T>& x);
/// The second derivatives of a loss (one element), of shape x.shape + x.shape: a backward walk for each element of x.
template <class T>
Tensor<T> hessian(const Tensor<T>& loss, const Operand<T>& x);

}  // namespace ebb
