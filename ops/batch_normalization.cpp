#include <fmt/format.h>

#include <cmath>

#include "../autograd/base/error.hpp"
#include "new_array.h"
#include "ops.hpp"

// Norms whose statistics are taken along other axes than the last, made of other operations. Those of channels are
// taken down the columns, which lie side by side in registers; groups are brought into rows of their own, for
// layer_norm.
namespace ebb EBB_PUBLIC {

namespace {

/// Throws Error unless x has channels, with one number for each in these.
void check_channels(const char* op, const Shape& x, int least_rank,
                    std::initializer_list<std::pair<const char*, const Shape*>> of_channels, double epsilon,
                    SourceLocation at) {
  if (x.rank() < least_rank || x.size() == 0)
    throw error_in(op,
                   fmt::format("there is nothing to normalise in x of shape {}, which must be {}", to_string(x),
                               least_rank == 1 ? "[..., channels]" : "[batch, ..., channels]"),
                   at);
  for (const auto& [what, shape] : of_channels)
    if (!(*shape == Shape{x.extent(-1)}))
      throw error_in(op,
                     fmt::format("the {} must have shape [{}], one number for each channel, not {}", what, x.extent(-1),
                                 to_string(*shape)),
                     at);
  if (!(epsilon >= 0 && std::isfinite(epsilon)))
    throw error_in(op, fmt::format("epsilon must be a finite number of at least 0, not {}", epsilon), at);
}

}  // namespace

template <class T>
Tensor<T> batch_norm(const Operand<T>& x, const Operand<T>& gain, const Operand<T>& bias, double epsilon,
                     SourceLocation at) {
  const Shape& shape = x.shape();
  check_channels("batch_norm", shape, 1, {{"gain", &gain.shape()}, {"bias", &bias.shape()}}, epsilon, at);
  const Tensor<T> rows = reshape(x, {shape.size() / shape.extent(-1), shape.extent(-1)}, at);
  const Tensor<T> of_batch = mean(rows, 0, {}, at), spread = variance(rows, 0, {}, at);
  return reshape(batch_norm(rows, gain, bias, of_batch, spread, epsilon, at), shape, at);
}

template <class T>
Tensor<T> batch_norm(const Operand<T>& x, const Operand<T>& gain, const Operand<T>& bias, const Operand<T>& mean,
                     const Operand<T>& variance, double epsilon, SourceLocation at) {
  check_channels(
      "batch_norm", x.shape(), 1,
      {{"gain", &gain.shape()}, {"bias", &bias.shape()}, {"mean", &mean.shape()}, {"variance", &variance.shape()}},
      epsilon, at);
  const Tensor<T> scale = multiply(gain, rsqrt(add(variance, epsilon, at), at), at);
  return add(multiply(subtract(x, mean, at), scale, at), bias, at);
}

template <class T>
Tensor<T> group_norm(const Operand<T>& x, Index groups, const Operand<T>& gain, const Operand<T>& bias, double epsilon,
                     SourceLocation at) {
  const Shape& shape = x.shape();
  check_channels("group_norm", shape, 2, {{"gain", &gain.shape()}, {"bias", &bias.shape()}}, epsilon, at);
  const Index channels = shape.extent(-1), batch = shape[0], places = shape.size() / (batch * channels);
  if (groups < 1 || channels % groups != 0)
    throw error_in("group_norm",
                   fmt::format("{} groups do not divide the {} channels of {}", groups, channels, to_string(shape)),
                   at);
  const Index size = channels / groups;
  const bool side_by_side = groups == 1 || places == 1;
  const Shape by_place{batch, places, groups, size}, by_group{batch, groups, places, size};
  const Tensor<T> apart = side_by_side ? reshape(x, by_group, at) : permute(reshape(x, by_place, at), {0, 2, 1, 3}, at);
  const Tensor<T> normal =
      reshape(layer_norm(reshape(apart, {batch * groups, places * size}, at), epsilon, at), by_group, at);
  const Tensor<T> joined = reshape(side_by_side ? normal : permute(normal, {0, 2, 1, 3}, at), shape, at);
  return add(multiply(joined, gain, at), bias, at);
}

#define EBB_INSTANTIATE(T)                                                                                        \
  template Tensor<T> batch_norm(const Operand<T>&, const Operand<T>&, const Operand<T>&, double, SourceLocation); \
  template Tensor<T> batch_norm(const Operand<T>&, const Operand<T>&, const Operand<T>&, const Operand<T>&,       \
                                const Operand<T>&, double, SourceLocation);                                       \
  template Tensor<T> group_norm(const Operand<T>&, Index, const Operand<T>&, const Operand<T>&, double, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
