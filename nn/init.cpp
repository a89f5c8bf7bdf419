#include "init.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "../autograd/base/error.hpp"
#include "../autograd/base/type_name.h"
#include "../autograd/kernels/initialization.h"

namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

struct Fans {
  double in, out;
};

Fans fans(const Shape& shape, const char* scheme) {
  if (shape.rank() < 2)
    throw Error(
        fmt::format("{} initialisation needs a weight of at least two axes [..., in, out], but got {}; use "
                    "Init::normal or Init::zeros",
                    scheme, to_string(shape)));
  // A weight without elements, of a layer without inputs, say, has no variance either.
  return {std::max(1.0, static_cast<double>(shape.extent(-2))), static_cast<double>(shape.extent(-1))};
}

template <class T>
Tensor<T> uniform_of_variance(const Shape& shape, double variance, double gain, Generator& generator) {
  const double bound = gain * std::sqrt(3 * variance);
  return uniform<T>(shape, generator.next(), -bound, bound);
}

template <class T>
Tensor<T> normal_of_variance(const Shape& shape, double variance, double gain, Generator& generator) {
  return normal<T>(shape, generator.next(), 0, gain * std::sqrt(variance));
}

template <class T>
Tensor<T> truncated_normal(const Shape& shape, double standard_deviation, Generator& generator) {
  const double limit = 2 * std::abs(standard_deviation);  // negative after scaled(-1), say
  Array<T> x = normal<T>(shape, generator.next(), 0, standard_deviation).value();
  T* values = x.mutable_data();
  for (Index left = x.size(); left > 0;) {  // each round draws again the numbers that are still beyond the limit
    const Tensor<T> fresh = normal<T>(shape, generator.next(), 0, standard_deviation);
    left = kernels::replace_beyond(x.size(), static_cast<T>(limit), fresh.data(), values);
  }
  return x;
}

template <class T>
Tensor<T> orthogonal(const Shape& shape, double gain, Generator& generator) {
  const bool tall = shape.extent(-2) > shape.extent(-1);
  const Index vectors = tall ? shape.extent(-1) : shape.extent(-2);
  const Index length = tall ? shape.extent(-2) : shape.extent(-1);
  Array<T> x(shape);
  T* values = x.mutable_data();
  const Index matrix = vectors * length;
  for (Index start = 0; start < x.size(); start += matrix) {
    Array<double> rows = normal<double>({vectors, length}, generator.next()).value();
    kernels::orthonormalize(vectors, length, rows.mutable_data());
    kernels::store_scaled(vectors, length, rows.data(), gain, tall, values + start);
  }
  return x;
}

}  // namespace

double depth_scale(Index layers) {
  if (layers <= 0) throw Error(fmt::format("depth_scale({}): a stack has at least one layer", layers));
  return 1 / std::sqrt(2 * static_cast<double>(layers));
}

template <class T>
Tensor<T> initialize(const Shape& shape, Init init, Generator& generator) {
  if (!std::isfinite(static_cast<T>(init.gain)))
    throw Error(fmt::format("initialisation: the gain, or standard deviation, must be a finite {}, not {}",
                            type_name<T>, init.gain));
  switch (init.scheme) {
    case Init::Scheme::zeros:
      return Array<T>(shape, T{0});
    case Init::Scheme::normal:
      return normal<T>(shape, generator.next(), 0, init.gain);
    case Init::Scheme::truncated_normal:
      return truncated_normal<T>(shape, init.gain, generator);
    case Init::Scheme::xavier_uniform:
    case Init::Scheme::xavier_normal: {
      const auto [in, out] = fans(shape, "Xavier");
      return init.scheme == Init::Scheme::xavier_uniform
                 ? uniform_of_variance<T>(shape, 2 / (in + out), init.gain, generator)
                 : normal_of_variance<T>(shape, 2 / (in + out), init.gain, generator);
    }
    case Init::Scheme::kaiming_uniform:
    case Init::Scheme::kaiming_normal: {
      const double in = fans(shape, "Kaiming").in;
      return init.scheme == Init::Scheme::kaiming_uniform ? uniform_of_variance<T>(shape, 2 / in, init.gain, generator)
                                                          : normal_of_variance<T>(shape, 2 / in, init.gain, generator);
    }
    case Init::Scheme::orthogonal:
      fans(shape, "orthogonal");
      return orthogonal<T>(shape, init.gain, generator);
  }
  throw Error("unknown initialisation scheme");
}

#define EBB_INSTANTIATE(T) template Tensor<T> initialize(const Shape&, Init, Generator&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace nn
}  // namespace ebb
