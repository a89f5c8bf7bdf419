#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/visibility.hpp"
#include "tape.hpp"

namespace ebb EBB_PUBLIC {

template <class T>
struct GradOptions {
  /// The cotangent of y, of its shape; ones if not given, which asks for a y of one element.
  Tensor<T> cotangent = {};
  /// Keeps recording, so that the gradients can be differentiated in turn.
  bool create_graph = false;
  /// Gives zeros, instead of throwing Error, for a parameter that no operation on y's tape took, and for a y that
  /// stands on no tape, as the derivative of a linear function does.
  bool allow_unused = false;
};

/// The tensors and parameters that `grad` differentiates with respect to, in braces.
template <class T>
using Targets = std::initializer_list<std::reference_wrapper<const Operand<T>>>;

/// The gradients of y with respect to each x, in their order: dy/dx, or cotangent * dy/dx. Zeros for an
/// x that y does not depend on. Leaves the tape and the parameters' gradients as they are. Throws Error unless y has
/// one element or a cotangent is given, for a y or an x that was never recorded, and for a tape that was walked without
/// {.keep = true}.
///
///     auto g = grad(y, {x, w}, {.create_graph = true});  // g[0] is dy/dx
template <class T>
std::vector<Tensor<T>> grad(const Tensor<T>& y, std::type_identity_t<Targets<T>> x, GradOptions<T> options = {});
template <class T>
std::vector<Tensor<T>> grad(const Tensor<T>& y, const std::vector<Tensor<T>>& x, GradOptions<T> options = {});
/// Takes one x, not in braces (from which X cannot be deduced: they always make a list).
template <class T, std::derived_from<Operand<T>> X>
Tensor<T> grad(const Tensor<T>& y, const X& x, GradOptions<T> options = {}) {
  const Operand<T>& operand = x;
  return grad(y, Targets<T>{operand}, std::move(options)).front();
}

}  // namespace ebb
