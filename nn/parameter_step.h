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
  Index step;     // of this parameter, counted from 1
  IntArray rows;  // if defined, the gradient is of these rows alone, and the others stay as they are
};

/// What a method updates at once: the elements of a parameter, or those of one row.
template <class T>
class StepPart {
 public:
  StepPart(const ParameterStep<T>& of) : StepPart(of, 0, 0, of.parameter->size()) {}
  StepPart(const ParameterStep<T>& of, Index first, Index first_of_gradient, Index size)
      : options(of.options), step(of.step), of_(of), first_(first), of_gradient_(first_of_gradient), size_(size) {}

  Index size() const { return size_; }
  kernels::ClippedGradient<T> clipped() const {
    kernels::ClippedGradient<T> gradient = of_.clip->rest_of(of_.gradient);
    gradient.g += of_gradient_;
    return gradient;
  }
  T* values() const { return of_.parameter->state().value.mutable_data() + first_; }
  /// State number i, which `in_place` has made ready to be written.
  T* buffer(std::size_t i) const { return (*of_.state)[i].mutable_data() + first_; }

  const StepOptions& options;
  const Index step;

 private:
  const ParameterStep<T>& of_;
  Index first_, of_gradient_, size_;
};

/// Calls f(part, w) for each part of each step, to update the values w and the states where they stand.
template <class T, class F>
void in_place(std::vector<ParameterStep<T>>& steps, F f) {
  // All memory is taken before the first value changes, so that running out of it leaves everything as it was.
  for (ParameterStep<T>& step : steps) {
    for (Array<T>& state : *step.state) state.mutable_data();
    step.parameter->state().value.mutable_data();
  }
  const auto update = [&](const StepPart<T>& part) { f(part, part.values()); };
  for (const ParameterStep<T>& step : steps) {
    if (!step.rows.defined()) {
      update(step);
      continue;
    }
    const Index width = step.rows.size() > 0 ? step.gradient.size() / step.rows.size() : 0;
    for (Index j = 0; j < step.rows.size(); ++j) update({step, step.rows.data()[j] * width, j * width, width});
  }
}

/// The number of the kernels' type nearest to x.
template <class T>
T rounded(double x) {
  return static_cast<T>(x);
}

}  // namespace ebb::nn
