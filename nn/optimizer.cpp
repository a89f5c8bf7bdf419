#include "optimizer.hpp"

#include <fmt/format.h>

#include <cmath>

#include "../autograd/base/error.hpp"
#include "clip_plan.h"
#include "state_fields.hpp"

namespace ebb::nn {

namespace {

double checked(const char* what, double x, double below = std::numeric_limits<double>::infinity()) {
  if (!(x >= 0 && x < below))
    throw Error(std::isinf(below) ? fmt::format("the {} must be a finite number of at least 0, not {}", what, x)
                                  : fmt::format("the {} must be at least 0 and less than {}, not {}", what, below, x));
  return x;
}

constexpr Index untrained_steps = 10;  // after so many without a gradient, a parameter is taken to be forgotten

template <class T>
T to(double x) {
  return static_cast<T>(x);
}

}  // namespace

template <class T>
Optimizer<T>::Optimizer(std::vector<ParameterGroup<T>> groups, Rates rates, Clip clip, Method method)
    : learning_rate_(checked("learning rate", rates.lr)), clip_(nn::checked(clip)), method_(std::move(method)) {
  checked("weight decay", rates.weight_decay);
  for (const ParameterGroup<T>& group : groups) {
    const double lr = checked("learning rate of a group", group.lr.value_or(rates.lr));
    if (lr != rates.lr && rates.lr == 0)
      throw Error("a group has a learning rate of its own, but the optimizer's is 0; give the optimizer the usual one");
    const double decay = checked("weight decay of a group", group.weight_decay.value_or(rates.weight_decay));
    for (const Parameter<T>& parameter : group.parameters) {
      const std::size_t known = parameters_.size();
      parameters_.add(parameter);
      if (parameters_.size() == known)
        throw Error(fmt::format("parameter '{}' is in two groups of the optimizer", parameter.name()));
      entries_.push_back({HeldParameter(parameter), lr == rates.lr ? 1 : lr / rates.lr, decay,
                          std::vector<Array<T>>(method_.buffers.size())});
    }
    method_.name +=
        fmt::format("; {} parameters of learning rate {} and weight decay {}", group.parameters.size(), lr, decay);
  }
  if (clip.kind != Clip::Kind::none)
    method_.name += fmt::format("; clipped by {} {}", clip.kind == Clip::Kind::norm ? "norm" : "value", clip.limit);
}

template <class T>
std::vector<ParameterGroup<T>> Optimizer<T>::one_group(ParameterList<T> parameters) {
  std::vector<ParameterGroup<T>> groups(1);
  groups[0].parameters = std::move(parameters);
  return groups;
}

template <class T>
void Optimizer<T>::set_learning_rate(double lr) {
  learning_rate_ = checked("learning rate", lr);
}

template <class T>
void Optimizer<T>::visit_state(StateFields& field) {
  field.constant("method", method_.name);
  field("learning_rate", learning_rate_);
  field("steps", steps_);
  for (Entry& entry : entries_) {
    const std::string& name = entry.parameter.name();
    field("steps." + name, entry.steps);
    for (std::size_t i = 0; i < entry.buffers.size(); ++i)
      field.array(method_.buffers[i] + '.' + name, entry.buffers[i], entry.parameter.shape());
  }
}

template <class T>
void Optimizer<T>::check_all_are_trained() {
  for (Entry& entry : entries_)
    if (entry.steps == 0 && entry.parameter.trainable() && !takes_part(entry.parameter) &&
        ++entry.missed >= untrained_steps)
      throw Error(
          fmt::format("step(): parameter '{}' is trainable, but has had no gradient in {} steps; does the loss depend "
                      "on it? If it need not yet, freeze it with set_trainable(false), or leave it out of the list",
                      entry.parameter.name(), entry.missed));
}

template <class T>
StepReport Optimizer<T>::step() {
  const ClipPlan plan = plan_clip(clip_, parameters_);
  // All memory is taken before the first value changes, so that running out of it leaves everything as it was.
  std::vector<std::pair<Entry*, T*>> updates;
  updates.reserve(entries_.size());
  for (Entry& entry : entries_) {
    if (!takes_part(entry.parameter)) continue;
    for (Array<T>& buffer : entry.buffers) {
      if (!buffer.defined()) buffer = Array<T>(entry.parameter.shape(), T{0});
      buffer.mutable_data();
    }
    updates.emplace_back(&entry, entry.parameter.state().value.mutable_data());
  }
  if (updates.empty())
    throw Error(
        fmt::format("step(): none of the {} parameters is trainable and has a gradient; call backward() first, on a "
                    "loss that depends on them: the parameters of the very model that ran",
                    parameters_.size()));
  check_all_are_trained();
  for (auto& [entry, w] : updates) {
    if (const auto& used = entry->parameter.state().used) *used = true;
    ++entry->steps;
    update(*entry, plan, learning_rate_ * entry->lr_ratio, w);
  }
  parameters_.clear_gradients();
  return {plan.report, ++steps_, updates.size(), learning_rate_};
}

template <class T>
SGD<T>::SGD(ParameterList<T> parameters, SGDOptions options)
    : SGD(Optimizer<T>::one_group(std::move(parameters)), options) {}

template <class T>
SGD<T>::SGD(std::vector<ParameterGroup<T>> groups, SGDOptions options)
    : Optimizer<T>(std::move(groups), {options.lr, options.weight_decay}, options.clip,
                   {fmt::format("SGD, momentum {}{}", options.momentum, options.nesterov ? ", Nesterov's" : ""),
                    options.momentum > 0 ? std::vector<std::string>{"velocity"} : std::vector<std::string>()}),
      options_(options) {
  checked("momentum", options.momentum, 1);
  if (options.nesterov && options.momentum == 0) throw Error("Nesterov's momentum needs a momentum greater than 0");
}

template <class T>
void SGD<T>::update(typename Optimizer<T>::Entry& entry, const ClipPlan& plan, double lr, T* w) {
  const kernels::SgdStep<T> step{to<T>(lr), to<T>(options_.momentum), to<T>(entry.weight_decay), options_.nesterov};
  T* velocity = entry.buffers.empty() ? nullptr : entry.buffers[0].mutable_data();
  kernels::sgd(entry.parameter.size(), plan.of(entry.parameter), step, w, velocity);
}

template <class T>
Adam<T>::Adam(ParameterList<T> parameters, AdamOptions options)
    : Adam(Optimizer<T>::one_group(std::move(parameters)), options) {}

template <class T>
Adam<T>::Adam(std::vector<ParameterGroup<T>> groups, AdamOptions options)
    : Adam(std::move(groups), options, Decay::coupled) {}

template <class T>
Adam<T>::Adam(std::vector<ParameterGroup<T>> groups, AdamOptions options, Decay decay)
    : Optimizer<T>(std::move(groups), {options.lr, options.weight_decay}, options.clip,
                   {fmt::format("{}, beta1 {}, beta2 {}, epsilon {}", decay == Decay::coupled ? "Adam" : "AdamW",
                                options.beta1, options.beta2, options.epsilon),
                    {"mean", "root_mean_square"}}),
      options_(options),
      decay_(decay) {
  checked("beta1", options.beta1, 1);
  checked("beta2", options.beta2, 1);
  checked("epsilon", options.epsilon);
}

template <class T>
void Adam<T>::update(typename Optimizer<T>::Entry& entry, const ClipPlan& plan, double lr, T* w) {
  if (correction_.steps != entry.steps) {
    const double t = static_cast<double>(entry.steps);
    correction_ = {entry.steps, 1 / (1 - std::pow(options_.beta1, t)), 1 / std::sqrt(1 - std::pow(options_.beta2, t))};
  }
  const bool decoupled = decay_ == Decay::decoupled;
  const kernels::AdamStep<T> step{
      .lr = to<T>(lr),
      .rest1 = to<T>(1 - options_.beta1),
      .rest2 = to<T>(1 - options_.beta2),
      .epsilon = to<T>(options_.epsilon),
      .weight_decay = to<T>(decoupled ? 0 : entry.weight_decay),
      .keep = to<T>(decoupled ? 1 - lr * entry.weight_decay : 1),
      .correction1 = to<T>(correction_.mean),
      .correction2_root = to<T>(correction_.root),
  };
  kernels::adam(entry.parameter.size(), plan.of(entry.parameter), step, w, entry.buffers[0].mutable_data(),
                entry.buffers[1].mutable_data());
}

template <class T>
AdamW<T>::AdamW(ParameterList<T> parameters, AdamWOptions options)
    : AdamW(Optimizer<T>::one_group(std::move(parameters)), options) {}

template <class T>
AdamW<T>::AdamW(std::vector<ParameterGroup<T>> groups, AdamWOptions options)
    : Adam<T>(std::move(groups),
              {options.lr, options.beta1, options.beta2, options.epsilon, options.weight_decay, options.clip},
              Adam<T>::Decay::decoupled) {}

template <class T>
RMSProp<T>::RMSProp(ParameterList<T> parameters, RMSPropOptions options)
    : RMSProp(Optimizer<T>::one_group(std::move(parameters)), options) {}

template <class T>
RMSProp<T>::RMSProp(std::vector<ParameterGroup<T>> groups, RMSPropOptions options)
    : Optimizer<T>(
          std::move(groups), {options.lr, options.weight_decay}, options.clip,
          {fmt::format("RMSProp, decay {}, epsilon {}", options.decay, options.epsilon), {"root_mean_square"}}),
      options_(options) {
  checked("decay", options.decay, 1);
  checked("epsilon", options.epsilon);
}

template <class T>
void RMSProp<T>::update(typename Optimizer<T>::Entry& entry, const ClipPlan& plan, double lr, T* w) {
  const kernels::RmsPropStep<T> step{to<T>(lr), to<T>(1 - options_.decay), to<T>(options_.epsilon),
                                     to<T>(entry.weight_decay)};
  kernels::rmsprop(entry.parameter.size(), plan.of(entry.parameter), step, w, entry.buffers[0].mutable_data());
}

#define EBB_INSTANTIATE(T)     \
  template class Optimizer<T>; \
  template class SGD<T>;       \
  template class Adam<T>;      \
  template class AdamW<T>;     \
  template class RMSProp<T>;
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::nn
