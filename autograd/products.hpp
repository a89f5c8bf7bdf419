#pragma once

#include <functional>
#include <vector>

#include "base/visibility.hpp"
#include "grad.hpp"

namespace ebb EBB_PUBLIC {

// Products with the derivatives of what a tape recorded. All leave the tape as they found it, however often they are
// called, and return constants. They throw what `grad` throws, and Error for a vector whose shape does not fit. Each is
// with respect to one tensor or parameter, or to several: in braces, a vector of tensors, or a list of parameters. Then
// what lies in the space of x is a vector with a tensor for each; `ravel` makes one tensor of them, and `unravel` is
// the way back.
//
//     auto x = tape.watch(x0);
//     auto y = f(x);
//     auto row = ebb::vjp(y, x, dy), column = ebb::jvp(y, x, dx);
//     auto product = ebb::hvp(loss, ebb::nn::parameters(model), directions);

/// The vector-Jacobian product dy . dy/dx, of the shape of x: one backward walk.
template <class T>
std::vector<Tensor<T>> vjp(const Tensor<T>& y, const std::type_identity_t<Targets<T>>& x, const Tensor<T>& dy);
template <class T, std::derived_from<Operand<T>> X>
Tensor<T> vjp(const Tensor<T>& y, const X& x, const Tensor<T>& dy) {
  return vjp(y, Targets<T>{x}, dy).front();
}
/// The Jacobian-vector product dy/dx . dx, of the shape of y, summed over several x: two backward walks, since
/// u -> vjp(u) is linear and its own vjp is this (Townsend 2017, "A new trick for calculating Jacobian vector
/// products").
template <class T>
Tensor<T> jvp(const Tensor<T>& y, const std::type_identity_t<Targets<T>>& x, const std::vector<Tensor<T>>& dx);
template <class T, std::derived_from<Operand<T>> X>
Tensor<T> jvp(const Tensor<T>& y, const X& x, const Tensor<T>& dx) {
  return jvp(y, Targets<T>{x}, std::vector<Tensor<T>>{dx});
}
/// The product of the Hessian of a loss (one element) with a vector, of the shape of x: the gradient of gradient . v
/// (Pearlmutter 1994).
template <class T>
std::vector<Tensor<T>> hvp(const Tensor<T>& loss, const std::type_identity_t<Targets<T>>& x,
                           const std::vector<Tensor<T>>& v);
template <class T, std::derived_from<Operand<T>> X>
Tensor<T> hvp(const Tensor<T>& loss, const X& x, const Tensor<T>& v) {
  return hvp(loss, Targets<T>{x}, std::vector<Tensor<T>>{v}).front();
}

/// All of dy/dx, of shape y.shape + x.shape (at most eight axes): one backward walk for each element of y, or two for
/// each of x, whichever are fewer.
template <class T>
Tensor<T> jacobian(const Tensor<T>& y, const Operand<T>& x);
/// The Jacobian of each sample for itself, where the first axis of y and of x counts samples, and none depends on the
/// others: of shape [samples] + the rest of y.shape + the rest of x.shape, by one backward walk for each element of
/// a sample of y, and one that looks whether samples depend on each other: it throws Error if those with odd numbers
/// do on those with even ones.
template <class T>
Tensor<T> batched_jacobian(const Tensor<T>& y, const Operand<T>& x);
/// The second derivatives of a loss (one element), of shape x.shape + x.shape: a backward walk for each element of x.
template <class T>
Tensor<T> hessian(const Tensor<T>& loss, const Operand<T>& x);

/// The gradients of each sample's loss for itself, with respect to each parameter of a list: of shape [samples] + its
/// shape. `loss_of(i)` computes the loss of sample i, of one element; it is recorded on a tape of its own.
///
///     auto each = ebb::per_sample_gradients(n, ebb::nn::parameters(model), [&](ebb::Index i) {
///       return cross_entropy(model(slice(x, 0, {i, i + 1})), slice(labels, 0, {i, i + 1}));
///     });
template <class T>
std::vector<Tensor<T>> per_sample_gradients(Index samples, const Targets<T>& parameters,
                                            const std::function<Tensor<T>(Index)>& loss_of);
template <class F, class T = decltype(std::declval<std::invoke_result_t<const F&, Index>>().item())>
std::vector<Tensor<T>> per_sample_gradients(Index samples, const std::type_identity_t<Targets<T>>& parameters,
                                            const F& loss_of) {
  return per_sample_gradients<T>(samples, parameters, std::function<Tensor<T>(Index)>(std::cref(loss_of)));
}

}  // namespace ebb
