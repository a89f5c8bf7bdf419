#pragma once

#include "samples.hpp"

namespace ebb_test {

/// Square matrices well away from singular ones, which need their rows exchanged.
inline ebb::Tensor<double> regular(const ebb::Shape& shape, std::uint64_t seed = 1) {
  return ebb::roll(sample(shape, seed, -0.5, 0.5) + 3 * ebb::eye<double>(shape.extent(-1)), 1, -2);
}

}  // namespace ebb_test
