#pragma once

#include <vector>

#include "../autograd/kernels/optimizer.h"
#include "clip_plan.h"
#include "optimizer.hpp"

// What the methods of the library see of a step.
namespace ebb::nn {

/// One parameter in one step.
template <class T>
struct ParameterStep {
  const Parameter<T>* parameter;
  const ClipEffect<T>* clip;
  Array<T> gradient;  // with its units scaled
  std::vector<Array<T>>* state;
  StepOptions options;
  Index step;  // of this parameter, counted from 1

  Index size() const { return parameter->size(); }
  kernels::ClippedGradient<T> clipped() const { return clip->rest_of(gradient); }
  /// State number i, which `in_place` has made ready to be written.
  T* buffer(std::size_t i) const { return (*state)[i].mutable_data(); }
};

/// Calls f(step, w) for each step, to update the values w and the states where they stand.
template <class T, class F>
void in_place(std::vector<ParameterStep<T>>& steps, F f) {
  // All memory is taken before the first value changes, so that running out of it leaves everything as it was.
  for (ParameterStep<T>& step : steps) {
    for (Array<T>& state : *step.state) state.mutable_data();
    step.parameter->state().value.mutable_data();
  }
  for (const ParameterStep<T>& step : steps) f(step, step.parameter->state().value.mutable_data());
}

/// The number of the kernels' type nearest to x.
template <class T>
T rounded(double x) {
  return static_cast<T>(x);
}

}  // namespace ebb::nn
