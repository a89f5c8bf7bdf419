#pragma once

#include <cstdint>

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

/// The part of random.cpp that every training step passes through.
template <class T>
struct RandomKernels {
  /// y[i] = x[i] * scale where the i-th of the stream's words is `kept_from` or more, else 0; for n elements from
  /// number `first` on, a multiple of 4, which x and y point to.
  void (*dropout)(Index first, Index n, std::uint64_t seed, std::uint64_t stream, std::uint32_t kept_from, T scale,
                  const T* x, T* y);

  template <Isa>
  static const RandomKernels& on();
};

}  // namespace ebb::kernels
