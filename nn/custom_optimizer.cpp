#include "custom_optimizer.hpp"

#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/scope.hpp"
#include "parameter_step.h"

namespace ebb::nn {

namespace {

template <class T>
void check_shape(const char* what, const Tensor<T>& x, const Parameter<T>& parameter) {
  if (x.defined() && x.shape() == parameter.shape()) return;
  throw Error(
      fmt::format("update(): the new {} of parameter '{}' must have its shape {}, not {}; no parameter was "
                  "updated",
                  what, parameter.name(), to_string(parameter.shape()),
                  x.defined() ? to_string(x.shape()) : "none: it is undefined"));
}

}  // namespace

template <class T>
void CustomOptimizer<T>::update_all(std::vector<ParameterStep<T>>& steps) {
  const NoRecording off;
  std::vector<ParameterUpdate<T>> updates;
  for (const ParameterStep<T>& step : steps) {
    const Parameter<T>& parameter = *step.parameter;
    updates.push_back({parameter.name(),
                       step.options,
                       step.step,
                       step.clip->clipped(parameter.state().gradient),
                       parameter.value(),
                       {step.state->begin(), step.state->end()}});
    ParameterUpdate<T>& u = updates.back();
    update(u);
    check_shape("value", u.value, parameter);
    if (u.state.size() != step.state->size())
      throw Error(fmt::format("update(): parameter '{}' has {} arrays of state, not {}; no parameter was updated",
                              parameter.name(), step.state->size(), u.state.size()));
    for (const Tensor<T>& state : u.state) check_shape("state", state, parameter);
    u.gradient = Tensor<T>();
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i].parameter->state().value = std::move(updates[i].value).value();
    for (std::size_t k = 0; k < updates[i].state.size(); ++k)
      (*steps[i].state)[k] = std::move(updates[i].state[k]).value();
  }
}

template class CustomOptimizer<float>;
template class CustomOptimizer<double>;

}  // namespace ebb::nn
