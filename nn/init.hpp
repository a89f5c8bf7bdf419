#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"
#include "../ops/random.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// How the numbers of a weight are drawn. Fans are those of a weight [..., in, out].
///
///     const auto init = ebb::nn::Init::orthogonal().scaled(ebb::nn::depth_scale(12));
///     ebb::nn::Linear linear(64, 64, generator, {.init = init});
struct Init {
  enum class Scheme {
    zeros,
    normal,            // N(0, 1)
    truncated_normal,  // N(0, 1), cut off at 2 (numbers beyond are drawn again)
    xavier_uniform,    // variance 2 / (in + out) (Glorot & Bengio 2010)
    xavier_normal,
    kaiming_uniform,  // variance 2 / in (He et al. 2015)
    kaiming_normal,
    orthogonal,  // orthonormal rows or columns, whichever are fewer (Saxe et al. 2014)
  };
  Scheme scheme = Scheme::xavier_uniform;
  double gain = 1;  ///< What the numbers are multiplied with.

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

/// 1 / sqrt(2 layers): for the last linear map of each branch of a deep residual stack, so that the sum of its 2 layers
/// branches keeps the variance of one (Radford et al. 2019). Throws Error unless layers > 0.
double depth_scale(Index layers);

/// Numbers drawn as `init` says. Throws Error for a scheme that needs fans or rows and a shape with fewer than two
/// axes.
template <class T>
Tensor<T> initialize(const Shape& shape, Init init, Generator& generator);

}  // namespace nn
}  // namespace ebb
