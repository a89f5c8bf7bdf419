#pragma once

#include <cstdint>

#include "../autograd/base/visibility.hpp"
#include "../autograd/key.hpp"
#include "../autograd/tensor.hpp"

namespace ebb EBB_PUBLIC {

/// Independent numbers, uniform in [low, high); all of them low where that is high. Throws Error if high is less, or if
/// the bounds or their distance are not finite.
template <class T>
Tensor<T> uniform(const Shape& shape, Key key, double low = 0, double high = 1);
/// Independent numbers, normal. Throws Error for a mean or a standard deviation that is not finite.
template <class T>
Tensor<T> normal(const Shape& shape, Key key, double mean = 0, double standard_deviation = 1);
/// Independent integers, uniform in [low, high).
IntArray uniform_integers(const Shape& shape, Key key, std::int32_t low, std::int32_t high);

}  // namespace ebb
