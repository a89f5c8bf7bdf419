#include "layer_shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>
#include <span>

#include "../autograd/base/error.hpp"

namespace ebb::nn {

Shape layer_shape(const char* layer, std::initializer_list<Index> sizes) {
  constexpr Index most = std::numeric_limits<std::int32_t>::max();
  for (Index size : sizes)
    if (size < 0 || size > most)
      throw Error(
          fmt::format("{}({}): a size must be within 0 and {}, not {}", layer, fmt::join(sizes, ", "), most, size));
  return Shape(std::span<const Index>(sizes.begin(), sizes.size()));
}

double layer_epsilon(const char* layer, double epsilon) {
  if (!(epsilon >= 0) || std::isinf(epsilon))
    throw Error(fmt::format("{}: the epsilon must be a finite number of at least 0, not {}", layer, epsilon));
  return epsilon;
}

}  // namespace ebb::nn
