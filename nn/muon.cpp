#include "muon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "../autograd/base/error.hpp"
#include "../autograd/norm.hpp"
#include "../ops/ops.hpp"

namespace ebb::nn {

namespace {

template <class T>
const ParameterGroups<T>& checked_matrices(const ParameterGroups<T>& groups) {
  for (const ParameterGroup<T>& group : groups)
    for (const Parameter<T>& parameter : group.parameters)
      if (parameter.shape().rank() != 2)
        throw Error(fmt::format("Muon takes matrices, and parameter '{}' has the shape {}; give it to an AdamW beside",
                                parameter.name(), to_string(parameter.shape())));
  return groups;
}

/// The matrix with its singular values near 1: each step sends s, from (0, 1], to a s + b s^3 + c s^5, which is steep
/// at 0 and wanders about 1 (Jordan et al.'s coefficients).
template <class T>
Tensor<T> made_orthogonal(const Tensor<T>& g) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  const double norm = norm_of(g.value());
  if (norm == 0) return g;
  const bool tall = g.extent(0) > g.extent(1);
  Tensor<T> x = (tall ? transpose(g) : g) / norm;
  for (int step = 0; step < 5; ++step) {
    const Tensor<T> squares = matmul(x, x, {.transpose_b = true});
    x = a * x + matmul(b * squares + c * matmul(squares, squares), x);
  }
  return tall ? transpose(x) : x;
}

}  // namespace

template <class T>
Muon<T>::Muon(const ParameterGroups<T>& groups, MuonOptions options)
    : CustomOptimizer<T>(
          checked_matrices(groups),
          {options.nesterov ? "Muon with Nesterov's momentum" : "Muon",
           {.lr = options.lr, .weight_decay = options.weight_decay, .momentum = options.momentum, .clip = options.clip},
           {"velocity"}}),
      nesterov_(options.nesterov) {}

template <class T>
void Muon<T>::update(ParameterUpdate<T>& u) {
  const StepOptions& o = u.options;
  const auto moved_to_gradient = [&](const Tensor<T>& x) { return o.momentum * x + (1 - o.momentum) * u.gradient; };
  u.state[0] = moved_to_gradient(u.state[0]);
  const Tensor<T> direction = made_orthogonal(nesterov_ ? moved_to_gradient(u.state[0]) : u.state[0]);
  const double in = static_cast<double>(u.value.extent(0)), out = static_cast<double>(u.value.extent(1));
  const double rate = o.lr * std::sqrt(std::max(1.0, out / in));
  u.value = (1 - o.lr * o.weight_decay) * u.value - rate * direction;
}

template class Muon<float>;
template class Muon<double>;

}  // namespace ebb::nn
