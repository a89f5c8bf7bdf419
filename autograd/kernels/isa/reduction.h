#pragma once

#include <cstdint>

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

/// The step of a reduction: it takes in elements, and accumulates in double. `about` is a number that belongs to the
/// result, such as the mean for a variance.
template <class T>
struct Fold {
  /// Takes n neighbours into one result, and returns its accumulator.
  double (*along)(Index n, const T* x, double about, double accumulator);
  /// Takes `rows` rows of n elements, which are `step` apart, into n neighbouring results, element by element.
  void (*across)(Index rows, Index n, const T* x, Index step, const double* about, double* accumulator);
};

template <class T>
struct ReductionKernels {
  Fold<T> sum;
  Fold<T> squares;       // the sum of (x - about)^2
  Fold<T> exponentials;  // the sum of e^(x - about)
  Fold<T> max, min;      // NaN if there is one
  /// One step of n cumulative sums side by side: y = sum += x.
  void (*accumulate)(Index n, const T* x, double* sum, T* y);
  /// One step of n searches side by side: where x beats the largest so far, or is the first NaN, `index` becomes i.
  void (*pick_larger)(Index n, std::int32_t i, const T* x, T* largest, std::int32_t* index);

  template <Isa>
  static const ReductionKernels& on();
};

}  // namespace ebb::kernels
