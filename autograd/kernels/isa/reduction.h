#pragma once

#include <cstdint>

#include "../../storage/shape.hpp"
#include "isa.h"

namespace ebb::kernels {

/// How a reduction takes in what it reduces, accumulating in double. `about` belongs to the result: a mean, say.
template <class T>
struct Fold {
  /// n neighbours, into one result: the accumulator after them.
  double (*along)(Index n, const T* x, double about, double accumulator);
  /// `rows` rows of n elements, `step` apart, element by element into n neighbouring results.
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
  /// One step of n searches side by side: where x beats the largest so far, or is the first NaN, `at` becomes i.
  void (*pick_larger)(Index n, std::int32_t i, const T* x, T* largest, std::int32_t* at);

  template <Isa>
  static const ReductionKernels& on();
};

}  // namespace ebb::kernels
