#include "rmsprop.hpp"

#include "parameter_step.h"

namespace ebb::nn {

template <class T>
RMSProp<T>::RMSProp(const ParameterGroups<T>& groups, RMSPropOptions options)
    : Optimizer<T>(groups, {"RMSProp",
                            {.lr = options.lr,
                             .weight_decay = options.weight_decay,
                             .decay = options.decay,
                             .epsilon = options.epsilon,
                             .clip = options.clip},
                            {"root_mean_square"}}) {}

template <class T>
void RMSProp<T>::update_all(std::vector<ParameterStep<T>>& steps) {
  in_place(steps, [](const StepPart<T>& s, T* w) {
    const StepOptions& o = s.options;
    kernels::rmsprop(s.size(), s.clipped(),
                     {rounded<T>(o.lr), rounded<T>(1 - o.decay), rounded<T>(o.epsilon), rounded<T>(o.weight_decay)}, w,
                     s.buffer(0));
  });
}

template class RMSProp<float>;
template class RMSProp<double>;

}  // namespace ebb::nn
