#include "sgd.hpp"

#include <algorithm>

#include "../autograd/base/error.hpp"
#include "parameter_step.h"

namespace ebb::nn {

namespace {

template <class T>
bool any_momentum(const ParameterGroups<T>& groups, const SGDOptions& options) {
  return std::any_of(groups.begin(), groups.end(),
                     [&](const ParameterGroup<T>& group) { return group.momentum.value_or(options.momentum) > 0; });
}

}  // namespace

template <class T>
SGD<T>::SGD(const ParameterGroups<T>& groups, SGDOptions options)
    : Optimizer<T>(
          groups,
          {options.nesterov ? "SGD with Nesterov's momentum" : "SGD",
           {.lr = options.lr, .weight_decay = options.weight_decay, .momentum = options.momentum, .clip = options.clip},
           any_momentum(groups, options) ? std::vector<std::string>{"velocity"} : std::vector<std::string>(),
           true}),
      nesterov_(options.nesterov) {
  if (nesterov_ && !any_momentum(groups, options)) throw Error("Nesterov's momentum needs a momentum greater than 0");
}

template <class T>
void SGD<T>::update_all(std::vector<ParameterStep<T>>& steps) {
  in_place(steps, [this](const StepPart<T>& s, T* w) {
    const StepOptions& o = s.options;
    T* velocity = o.momentum > 0 ? s.buffer(0) : nullptr;
    kernels::sgd(s.size(), s.clipped(),
                 {rounded<T>(o.lr), rounded<T>(o.momentum), rounded<T>(o.weight_decay), nesterov_}, w, velocity);
  });
}

template class SGD<float>;
template class SGD<double>;

}  // namespace ebb::nn
