#include "adam.hpp"

#include <cmath>

#include "../autograd/base/error.hpp"
#include "parameter_step.h"

namespace ebb::nn {

namespace {

std::string adam_name(const AdamOptions& options, bool decoupled) {
  std::string name = options.nesterov ? "NAdam" : "Adam";
  if (decoupled) name += 'W';
  if (options.amsgrad) name += " with AMSGrad's bound";
  if (options.lazy) name += ", lazy";
  return name;
}

}  // namespace

template <class T>
Adam<T>::Adam(const ParameterGroups<T>& groups, AdamOptions options) : Adam(groups, options, Decay::coupled) {}

template <class T>
Adam<T>::Adam(const ParameterGroups<T>& groups, AdamOptions options, Decay decay)
    : Optimizer<T>(groups,
                   {adam_name(options, decay == Decay::decoupled),
                    {.lr = options.lr,
                     .weight_decay = options.weight_decay,
                     .beta1 = options.beta1,
                     .beta2 = options.beta2,
                     .epsilon = options.epsilon,
                     .clip = options.clip},
                    options.amsgrad ? std::vector<std::string>{"mean", "root_mean_square", "largest_root_mean_square"}
                                    : std::vector<std::string>{"mean", "root_mean_square"},
                    options.lazy}),
      nesterov_(options.nesterov),
      amsgrad_(options.amsgrad),
      decay_(decay) {
  for (const ParameterGroup<T>& group : groups)
    if (options.lazy && group.weight_decay.value_or(options.weight_decay) != 0)
      throw Error("a lazy Adam leaves rows that were not looked up as they are, so it needs a weight decay of 0");
}

template <class T>
void Adam<T>::correct(Index step, const StepOptions& options) {
  const double b1 = options.beta1, b2 = options.beta2, t = static_cast<double>(step);
  if (correction_.step == step && correction_.beta1 == b1 && correction_.beta2 == b2) return;
  const double of_start = 1 / (1 - std::pow(b1, t)), of_root = 1 / std::sqrt(1 - std::pow(b2, t));
  if (nesterov_)
    correction_ = {step, b1, b2, b1 / (1 - std::pow(b1, t + 1)), (1 - b1) * of_start, of_root};
  else
    correction_ = {step, b1, b2, of_start, 0, of_root};
}

template <class T>
void Adam<T>::update_all(std::vector<ParameterStep<T>>& steps) {
  in_place(steps, [this](const StepPart<T>& s, T* w) {
    const StepOptions& o = s.options;
    correct(s.step, o);
    const bool coupled = decay_ == Decay::coupled;
    kernels::adam(s.size(), s.clipped(),
                  {.lr = rounded<T>(o.lr),
                   .rest1 = rounded<T>(1 - o.beta1),
                   .rest2 = rounded<T>(1 - o.beta2),
                   .epsilon = rounded<T>(o.epsilon),
                   .weight_decay = rounded<T>(coupled ? o.weight_decay : 0),
                   .keep = rounded<T>(coupled ? 1 : 1 - o.lr * o.weight_decay),
                   .of_mean = rounded<T>(correction_.of_mean),
                   .of_gradient = rounded<T>(correction_.of_gradient),
                   .correction2_root = rounded<T>(correction_.of_root)},
                  w, s.buffer(0), s.buffer(1), amsgrad_ ? s.buffer(2) : nullptr);
  });
}

template <class T>
AdamW<T>::AdamW(const ParameterGroups<T>& groups, AdamWOptions options)
    : Adam<T>(groups,
              {options.lr, options.beta1, options.beta2, options.epsilon, options.weight_decay, options.nesterov,
               options.amsgrad, false, options.clip},
              Adam<T>::Decay::decoupled) {}

#define EBB_INSTANTIATE(T) \
  template class Adam<T>;  \
  template class AdamW<T>;
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::nn
