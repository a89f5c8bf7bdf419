#pragma once

#include <cstdint>

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

/// An operand along a row: its elements, `step` apart (0 where it is broadcast).
template <class T>
struct Strided {
  const T* data;
  Index step;

  T operator[](Index i) const { return data[i * step]; }
};

/// Functions of several numbers each, over the n elements of a row: what operations that broadcast are made of.
template <class T>
struct ArithmeticKernels {
  using Binary = void(Index n, T* y, Strided<T> a, Strided<T> b);
  using Comparison = void(Index n, std::int32_t* y, Strided<T> a, Strided<T> b);

  Binary *add, *subtract, *multiply, *divide, *power;
  Binary *minimum, *maximum;  // NaN if either is
  Comparison *less, *less_equal, *equal;
  /// y = a where the mask is not 0, else b.
  void (*where)(Index n, T* y, Strided<std::int32_t> mask, Strided<T> a, Strided<T> b);
  void (*copy)(Index n, T* y, Strided<T> x);

  template <Isa>
  static const ArithmeticKernels& on();
};

}  // namespace ebb::kernels
