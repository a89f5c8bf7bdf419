#include "relative_positions.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "../autograd/called_at.h"
#include "../ops/ops.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

template <class T>
Tensor<T> rotary_positions(const Tensor<T>& x, Index first, double base, SourceLocation at) {
  if (x.rank() < 2 || x.extent(-1) % 2 != 0)
    throw error_at(fmt::format("rotary_positions() turns pairs of numbers in x [..., length, width], and got {}",
                               to_string(x.shape())),
                   at);
  if (!(base > 0) || std::isinf(base))
    throw error_at(fmt::format("rotary_positions(): the base must be a finite number above 0, not {}", base), at);
  const Index length = x.extent(-2), half = x.extent(-1) / 2;
  Array<T> cosines(Shape{length, half}), sines(Shape{length, half});
  std::vector<double> wavelengths;  // in positions, over 2 pi
  for (Index i = 0; i < half; ++i)
    wavelengths.push_back(std::pow(base, static_cast<double>(i) / static_cast<double>(half)));
  T *c = cosines.mutable_data(), *s = sines.mutable_data();
  for (Index position = 0; position < length; ++position)
    for (const double wavelength : wavelengths) {
      const double angle = static_cast<double>(first + position) / wavelength;
      *c++ = static_cast<T>(std::cos(angle)), *s++ = static_cast<T>(std::sin(angle));
    }
  const Tensor<T> cosine(cosines), sine(sines);
  const auto halves = split(x, 2, -1, at);
  return concatenate({subtract(multiply(halves[0], cosine, at), multiply(halves[1], sine, at), at),
                      add(multiply(halves[0], sine, at), multiply(halves[1], cosine, at), at)},
                     -1, at);
}

template <class T>
Tensor<T> alibi_bias(Index heads, Index queries, Index keys) {
  if (heads < 1) throw Error(fmt::format("alibi_bias(): there must be a head, not {}", heads));
  Array<T> bias(Shape{heads, queries, keys});
  T* to = bias.mutable_data();
  for (Index head = 1; head <= heads; ++head) {
    const double slope = std::exp2(-8.0 * static_cast<double>(head) / static_cast<double>(heads));
    for (Index query = keys - queries; query < keys; ++query)
      for (Index key = 0; key < keys; ++key)
        *to++ = static_cast<T>(-slope * static_cast<double>(std::abs(query - key)));
  }
  return bias;
}

IntArray sliding_window_mask(Index queries, Index keys, Index window) {
  if (window < 1) throw Error(fmt::format("sliding_window_mask(): a window must be at least 1, not {}", window));
  IntArray mask(Shape{queries, keys});
  std::int32_t* to = mask.mutable_data();
  for (Index query = keys - queries; query < keys; ++query)
    for (Index key = 0; key < keys; ++key) *to++ = key <= query && query - key < window;
  return mask;
}

#define EBB_INSTANTIATE(T)                                                              \
  template Tensor<T> rotary_positions(const Tensor<T>&, Index, double, SourceLocation); \
  template Tensor<T> alibi_bias(Index, Index, Index);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace nn
}  // namespace ebb
