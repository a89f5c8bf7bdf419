#include "adagrad.hpp"

#include "parameter_step.h"

namespace ebb::nn {

template <class T>
Adagrad<T>::Adagrad(const ParameterGroups<T>& groups, AdagradOptions options)
    : Optimizer<T>(
          groups,
          {"Adagrad",
           {.lr = options.lr, .weight_decay = options.weight_decay, .epsilon = options.epsilon, .clip = options.clip},
           {"root_square_sum"},
           true}) {}

template <class T>
void Adagrad<T>::update_all(std::vector<ParameterStep<T>>& steps) {
  in_place(steps, [](const StepPart<T>& s, T* w) {
    const StepOptions& o = s.options;
    kernels::adagrad(s.size(), s.clipped(), {rounded<T>(o.lr), rounded<T>(o.epsilon), rounded<T>(o.weight_decay)}, w,
                     s.buffer(0));
  });
}

template class Adagrad<float>;
template class Adagrad<double>;

}  // namespace ebb::nn
