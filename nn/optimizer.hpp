#pragma once

#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "clip.hpp"
#include "held_parameter.hpp"
#include "parameters_of.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

template <class T>
struct ParameterStep;  // parameter_step.h
class StateFields;

/// Parameters with options of their own. What is not given is as the optimizer's options say; to give what its method
/// does not have (a momentum to Adam, say) is an Error.
///
///     ebb::nn::AdamW<> optimizer({{.parameters = ebb::nn::parameters(model.block), .lr = 1e-4, .beta2 = 0.95},
///                                 {.parameters = ebb::nn::parameters(model.head), .clip = ebb::nn::Clip{}}},
///                                {.lr = 1e-3, .clip = ebb::nn::clip_adaptively(0.01)});
template <class T>
struct ParameterGroup {
  ParameterList<T> parameters = {};
  std::optional<double> lr = {};
  std::optional<double> weight_decay = {};
  std::optional<double> momentum = {};
  std::optional<double> beta1 = {};
  std::optional<double> beta2 = {};
  std::optional<double> decay = {};
  std::optional<double> epsilon = {};
  std::optional<Clip> clip = {};  ///< Clips this group by itself. The groups without one are clipped together.
};

/// What an optimizer updates: a model, a list of parameters, a single one, or groups.
template <class T>
class ParameterGroups {
 public:
  ParameterGroups(std::vector<ParameterGroup<T>> groups) : groups_(std::move(groups)) {}
  ParameterGroups(std::initializer_list<ParameterGroup<T>> groups) : groups_(groups) {}
  template <OtherThan<ParameterGroup<T>> Source>  // one group stands in braces: {group}
  ParameterGroups(const Source& source) {
    groups_.push_back({.parameters = ParametersOf<T>(source).list()});
  }

  auto begin() const { return groups_.begin(); }
  auto end() const { return groups_.end(); }

 private:
  std::vector<ParameterGroup<T>> groups_;
};

/// The options of a parameter's group in one step; 0 where its method has none.
struct StepOptions {
  double lr = 0, weight_decay = 0, momentum = 0, beta1 = 0, beta2 = 0, decay = 0, epsilon = 0;
};

/// The report of one step.
struct StepReport : ClipReport {
  Index step = 0;           ///< The number of this step, counted from 1.
  std::size_t updated = 0;  ///< The number of parameters updated: those that are trainable and have a gradient.
  double learning_rate = 0;
};

/// "step 12: learning rate 0.03, 4 parameters, gradient norm 12.5, clipped to 1 (100 % of the elements)"
std::string to_string(const StepReport& report);
std::ostream& operator<<(std::ostream& out, const StepReport& report);

/// The part that all optimizers share: the list of parameters, clipping, and steps that happen wholly or not at all.
///
///     ebb::nn::AdamW optimizer(model, {.lr = 3e-4, .clip = ebb::nn::clip_by_norm(1.0)});
///     tape.backward(loss);
///     auto report = optimizer.step();
///
/// Gradients of several walks add up until a step clears them. So a batch that does not fit into memory is walked in
/// k parts of equal size, each with 1/k of its mean loss; the step, and its clipping, is that of the whole batch:
///
///     for (const auto& [inputs, targets] : parts) {
///       ebb::Tape<float> tape;
///       tape.backward(cross_entropy(model(inputs), targets) / parts.size());
///     }
///     optimizer.step();
///
/// For a method of your own, see CustomOptimizer.
template <class T>
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // Not copied: a copied parameter is another parameter, so that a copied optimizer would not update the model.
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Clips the gradients (if asked to), updates the parameters that are trainable and have one, and clears the
  /// gradients of all. Throws Error if a gradient is not finite, naming the parameter; then nothing is updated, and the
  /// gradients are kept, until clear_gradients(). Throws Error, too, if no parameter has a gradient, and for a
  /// parameter that has been trainable for ten steps and has had none in any.
  StepReport step();
  /// Drops the gradients of the parameters, of a batch that is to be passed over, say.
  void clear_gradients() { parameters_.clear_gradients(); }

  double learning_rate() const { return learning_rate_; }
  /// Sets the learning rate from the next step on. A group with a learning rate of its own keeps the ratio to this one.
  /// Throws Error if `lr` is negative or not finite.
  void set_learning_rate(double lr);

  /// Lists the method, the rate, the steps and the running means, for a training's file (see TrainingState).
  void visit_state(StateFields& field);

 protected:
  /// The name of a method with the options that its steps depend on and all groups share, which a resumed training must
  /// share too; the options that a group may have of its own, here without parameters; and the names of the arrays that
  /// it keeps for each parameter.
  struct Method {
    std::string name;
    ParameterGroup<T> options;
    std::vector<std::string> state = {};
    /// Whether it leaves a weight whose gradient is 0 as it is, with its state, if there is neither momentum nor weight
    /// decay: of a table of which few rows have a gradient, it then updates these alone.
    bool by_rows = false;
  };

  /// Throws Error for an option that is out of its range, or that a group has and the method has not, and for a
  /// parameter in two groups.
  Optimizer(const ParameterGroups<T>& groups, Method method);
  Optimizer(Optimizer&&) noexcept = default;
  Optimizer& operator=(Optimizer&&) noexcept = default;

 private:
  /// A parameter and the state that an optimizer keeps for it.
  struct Entry {
    HeldParameter<T> parameter;
    double lr_ratio;              // of its group's learning rate to the optimizer's
    StepOptions options;          // but for the learning rate
    std::size_t clipped, place;   // its set among those that are clipped together, and its place there
    std::vector<Array<T>> state;  // of the parameter's shape: undefined before the first step, then zeros
    Index steps = 0;              // the number of steps that updated this parameter
    Index missed = 0;             // the number of steps that found it trainable, but without a gradient
  };
  struct ClippedTogether {
    Clip clip;
    ParameterList<T> parameters;
  };

  /// Computes the new values and states of these parameters: of all or, if it throws, of none.
  virtual void update_all(std::vector<ParameterStep<T>>& steps) = 0;
  void add(const ParameterGroup<T>& group);
  void check_all_are_trained();
  bool steps_by_rows(const StepOptions& options) const;

  Method method_;
  std::string text_;  // of the method with all options and groups, for a training's file
  std::vector<Entry> entries_;
  ParameterList<T> parameters_;
  std::vector<ClippedTogether> clipped_;  // first those without a Clip of their group's
  double learning_rate_;
  Index steps_ = 0;
};

extern template class Optimizer<float>;
extern template class Optimizer<double>;

}  // namespace nn
}  // namespace ebb
