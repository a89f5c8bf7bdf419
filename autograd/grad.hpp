#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <iterator>
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

/// What to differentiate with respect to: tensors and parameters in braces, a vector of tensors, or a list of
/// parameters, such as nn::parameters(model). It refers to them, and is made for one call.
template <class T>
class Targets {
 public:
  Targets(std::initializer_list<std::reference_wrapper<const Operand<T>>> x) : x_(x.begin(), x.end()) {}
  template <class List>
  requires requires(const List& list) {
    { *std::begin(list) } -> std::convertible_to<const Operand<T>&>;
    std::end(list);
  }
  Targets(const List& list) : x_(std::begin(list), std::end(list)) {}

  std::size_t size() const { return x_.size(); }
  const Operand<T>& operator[](std::size_t i) const { return x_[i]; }

 private:
  std::vector<std::reference_wrapper<const Operand<T>>> x_;
};

/// The gradients of y with respect to each x, in their order: dy/dx, or cotangent * dy/dx. Zeros for an
/// x that y does not depend on. Leaves the tape and the parameters' gradients as they are. Throws Error unless y has
/// one element or a cotangent is given, for a y or an x that was never recorded, and for a tape that was walked without
/// {.keep = true}.
///
///     auto g = grad(y, {x, w}, {.create_graph = true});  // g[0] is dy/dx
///     auto all = grad(loss, ebb::nn::parameters(model));
template <class T>
std::vector<Tensor<T>> grad(const Tensor<T>& y, const std::type_identity_t<Targets<T>>& x, GradOptions<T> options = {});
/// Takes one x, not in braces (from which X cannot be deduced: they always make a list).
template <class T, std::derived_from<Operand<T>> X>
Tensor<T> grad(const Tensor<T>& y, const X& x, GradOptions<T> options = {}) {
  return grad(y, Targets<T>{x}, std::move(options)).front();
}

}  // namespace ebb
