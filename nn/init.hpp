#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"
#include "../ops/random.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The distribution of a weight's initial numbers, for a weight [..., in, out].
///
///     const auto init = ebb::nn::Init::orthogonal().scaled(ebb::nn::depth_scale(12));
///     ebb::nn::Linear linear(64, 64, generator, {.init = init});
struct Init {
  enum class Scheme {
    zeros,
    normal,            // N(0, 1)
    truncated_normal,  // N(0, 1), cut off at 2 (numbers beyond it are drawn again)
    xavier_uniform,    // variance 2 / (in + out) (Glorot & Bengio 2010)
    xavier_normal,
    kaiming_uniform,  // variance 2 / in (He et al. 2015)
    kaiming_normal,
    orthogonal,  // orthonormal rows or columns, whichever are fewer (Saxe et al. 2014)
  };
  Scheme scheme = Scheme::xavier_uniform;
  double gain = 1;  ///< The factor by which the numbers are multiplied.

  static Init zeros() { return {Scheme::zeros}; }
  static Init normal(double standard_deviation) { return {Scheme::normal, standard_deviation}; }
  static Init truncated_normal(double standard_deviation) { return {Scheme::truncated_normal, standard_deviation}; }
  static Init xavier_uniform() { return {Scheme::xavier_uniform}; }
  static Init xavier_normal() { return {Scheme::xavier_normal}; }
  static Init kaiming_uniform() { return {Scheme::kaiming_uniform}; }
  static Init kaiming_normal() { return {Scheme::kaiming_normal}; }
  static Init orthogonal() { return {Scheme::orthogonal}; }

  Init scaled(double factor) const { return {scheme, gain * factor}; }
};

/// 1 / sqrt(2 layers): the scale for the last weight of each branch in a deep residual stack. A stack of so many layers
/// adds up 2 layers branches; scaled like this, their sum has the variance of one branch (Radford et al. 2019). Throws
/// Error unless layers > 0.
double depth_scale(Index layers);

/// A tensor of this shape with numbers drawn as `init` says. Throws Error if the scheme is one of Xavier, Kaiming or
/// orthogonal, and the shape has fewer than two axes, and for a gain that is not finite.
template <class T>
Tensor<T> initialize(const Shape& shape, Init init, Generator& generator);

}  // namespace nn
}  // namespace ebb
