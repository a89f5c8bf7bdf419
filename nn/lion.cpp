#include "lion.hpp"

#include "parameter_step.h"

namespace ebb::nn {

template <class T>
Lion<T>::Lion(const ParameterGroups<T>& groups, LionOptions options)
    : Optimizer<T>(groups, {"Lion",
                            {.lr = options.lr,
                             .weight_decay = options.weight_decay,
                             .beta1 = options.beta1,
                             .beta2 = options.beta2,
                             .clip = options.clip},
                            {"mean"}}) {}

template <class T>
void Lion<T>::update_all(std::vector<ParameterStep<T>>& steps) {
  in_place(steps, [](const StepPart<T>& s, T* w) {
    const StepOptions& o = s.options;
    kernels::lion(
        s.size(), s.clipped(),
        {rounded<T>(o.lr), rounded<T>(1 - o.beta1), rounded<T>(1 - o.beta2), rounded<T>(1 - o.lr * o.weight_decay)}, w,
        s.buffer(0));
  });
}

template class Lion<float>;
template class Lion<double>;

}  // namespace ebb::nn
