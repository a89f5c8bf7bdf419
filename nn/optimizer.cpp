#include "optimizer.hpp"

#include <fmt/format.h>

#include <cmath>
#include <ostream>

#include "../autograd/base/error.hpp"
#include "parameter_step.h"
#include "state_fields.hpp"

namespace ebb::nn {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Index untrained_steps = 10;  // after so many without a gradient, a parameter is taken to be forgotten

double checked(const char* what, double x, double below) {
  if (!(x >= 0 && x < below))
    throw Error(std::isinf(below) ? fmt::format("the {} must be a finite number of at least 0, not {}", what, x)
                                  : fmt::format("the {} must be at least 0 and less than {}, not {}", what, below, x));
  return x;
}

/// An option that a group may have of its own.
template <class T>
struct Option {
  const char* name;
  std::optional<double> ParameterGroup<T>::*given;
  double StepOptions::*value;
  double below;
  bool is_rate = false;
};
template <class T>
constexpr Option<T> all_options[] = {
    {"learning rate", &ParameterGroup<T>::lr, &StepOptions::lr, infinity, true},
    {"weight decay", &ParameterGroup<T>::weight_decay, &StepOptions::weight_decay, infinity, true},
    {"momentum", &ParameterGroup<T>::momentum, &StepOptions::momentum, 1},
    {"beta1", &ParameterGroup<T>::beta1, &StepOptions::beta1, 1},
    {"beta2", &ParameterGroup<T>::beta2, &StepOptions::beta2, 1},
    {"decay", &ParameterGroup<T>::decay, &StepOptions::decay, 1},
    {"epsilon", &ParameterGroup<T>::epsilon, &StepOptions::epsilon, infinity},
};

/// The options of a group of a method.
template <class T>
StepOptions options_of(const std::string& method, const ParameterGroup<T>& all, const ParameterGroup<T>& group) {
  StepOptions options;
  for (const Option<T>& option : all_options<T>) {
    const std::optional<double>&usual = all.*option.given, &own = group.*option.given;
    if (usual.has_value()) checked(option.name, *usual, option.below);
    if (own.has_value() && !usual.has_value())
      throw Error(fmt::format("a group has its own {}, but {} has none", option.name, method));
    if (own.has_value())
      options.*option.value = checked(fmt::format("{} of a group", option.name).c_str(), *own, option.below);
    else
      options.*option.value = usual.value_or(0);
  }
  return options;
}

/// What stands in the group beyond the rates: ", momentum 0.9".
template <class T>
std::string text_of(const ParameterGroup<T>& group) {
  std::string text;
  for (const Option<T>& option : all_options<T>)
    if (const auto& value = group.*option.given; value && !option.is_rate)
      text += fmt::format(", {} {}", option.name, *value);
  return text;
}

}  // namespace

std::string to_string(const StepReport& report) {
  return fmt::format("step {}: learning rate {:.4g}, {} parameters, {}", report.step, report.learning_rate,
                     report.updated, to_string(static_cast<const ClipReport&>(report)));
}

std::ostream& operator<<(std::ostream& out, const StepReport& report) { return out << to_string(report); }

template <class T>
Optimizer<T>::Optimizer(const ParameterGroups<T>& groups, Method method)
    : method_(std::move(method)), learning_rate_(method_.options.lr.value_or(0)) {
  options_of(method_.name, method_.options, {});  // checks those of the method, were there no group
  const Clip clip = nn::checked(method_.options.clip.value_or(Clip{}));
  clipped_.push_back({clip, {}});
  text_ = method_.name + text_of(method_.options);
  for (const ParameterGroup<T>& group : groups) add(group);
  if (clip.kind != Clip::Kind::none) text_ += "; " + to_string(clip);
}

template <class T>
void Optimizer<T>::add(const ParameterGroup<T>& group) {
  const StepOptions options = options_of(method_.name, method_.options, group);
  if (options.lr != learning_rate_ && learning_rate_ == 0)
    throw Error("a group has a learning rate of its own, but the optimizer's is 0; give the optimizer the usual one");
  text_ += fmt::format("; {} parameters of learning rate {} and weight decay {}{}", group.parameters.size(), options.lr,
                       options.weight_decay, text_of(group));
  std::size_t set = 0;
  if (group.clip.has_value()) {
    set = clipped_.size();
    clipped_.push_back({nn::checked(*group.clip), {}});
    text_ += ", " + to_string(*group.clip);
  }
  for (const Parameter<T>& parameter : group.parameters) {
    const std::size_t known = parameters_.size();
    parameters_.add(parameter);
    if (parameters_.size() == known)
      throw Error(fmt::format("parameter '{}' is in two groups of the optimizer", parameter.name()));
    ParameterList<T>& clipped = clipped_[set].parameters;
    entries_.push_back({HeldParameter<T>(parameter), options.lr == learning_rate_ ? 1 : options.lr / learning_rate_,
                        options, set, clipped.size(), std::vector<Array<T>>(method_.state.size())});
    clipped.add(parameter);
  }
}

template <class T>
void Optimizer<T>::set_learning_rate(double lr) {
  learning_rate_ = checked("learning rate", lr, infinity);
}

template <class T>
void Optimizer<T>::visit_state(StateFields& field) {
  field.constant("method", text_);
  field("learning_rate", learning_rate_);
  field("steps", steps_);
  for (Entry& entry : entries_) {
    const std::string& name = entry.parameter.name();
    field("steps." + name, entry.steps);
    for (std::size_t i = 0; i < entry.state.size(); ++i)
      field.array(method_.state[i] + '.' + name, entry.state[i], entry.parameter.shape());
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
bool Optimizer<T>::steps_by_rows(const StepOptions& options) const {
  return method_.by_rows && options.momentum == 0 && options.weight_decay == 0;
}

template <class T>
StepReport Optimizer<T>::step() {
  for (Entry& entry : entries_)
    if (auto& state = entry.parameter.state(); state.rows.defined() && !steps_by_rows(entry.options)) {
      state.gradient = entry.parameter.gradient().value();
      state.rows = IntArray();
    }
  std::vector<ClipPlan<T>> plans;
  for (const ClippedTogether& set : clipped_) plans.push_back(plan_clip(set.clip, set.parameters));
  std::vector<Entry*> updated;
  std::vector<ParameterStep<T>> steps;
  for (Entry& entry : entries_) {
    if (!takes_part(entry.parameter)) continue;
    for (Array<T>& state : entry.state)
      if (!state.defined()) state = Array<T>(entry.parameter.shape(), T{0});
    const ClipEffect<T>& clip = plans[entry.clipped].effects[entry.place];
    StepOptions options = entry.options;
    options.lr = learning_rate_ * entry.lr_ratio;
    updated.push_back(&entry);
    steps.push_back({&entry.parameter, &clip, clip.scaled_units(entry.parameter.state().gradient), &entry.state,
                     options, entry.steps + 1, entry.parameter.state().rows});
  }
  if (steps.empty())
    throw Error(
        fmt::format("step(): none of the {} parameters is trainable and has a gradient; call backward() first, on a "
                    "loss that depends on them: the parameters of the very model that ran",
                    parameters_.size()));
  check_all_are_trained();
  update_all(steps);
  for (Entry* entry : updated) {
    if (const auto& used = entry->parameter.state().used) *used = true;
    ++entry->steps;
  }
  parameters_.clear_gradients();
  for (std::size_t i = 1; i < plans.size(); ++i) plans[0].count(plans[i]);
  return {plans[0].report(), ++steps_, updated.size(), learning_rate_};
}

template class Optimizer<float>;
template class Optimizer<double>;

}  // namespace ebb::nn
