#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clip.hpp"
#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct ClipPlan;  // clip_plan.h
class StateFields;

/// Parameters that share a learning rate and a weight decay of their own.
template <class T>
struct ParameterGroup {
  ParameterList<T> parameters;
  std::optional<double> lr = {};            ///< The optimizer's unless given.
  std::optional<double> weight_decay = {};  ///< The optimizer's unless given.
};

/// The report of one step.
struct StepReport : ClipReport {
  Index step = 0;           ///< The number of this step, counted from 1.
  std::size_t updated = 0;  ///< The number of parameters updated: those that are trainable and have a gradient.
  double learning_rate = 0;
};

/// The part that all optimizers share: the list of parameters, clipping, and steps that happen wholly or not at all.
///
///     ebb::nn::AdamW optimizer(ebb::nn::parameters(model), {.lr = 3e-4, .clip = ebb::nn::clip_by_norm(1.0)});
///     tape.backward(loss);
///     auto report = optimizer.step();
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
  /// A handle that counts among those by which optimizers hold the parameter.
  class HeldParameter : public Parameter<T> {
   public:
    explicit HeldParameter(const Parameter<T>& parameter)
        : Parameter<T>(parameter.shared(parameter.name())), held_(this->shared_state()) {
      ++held_->optimizers;
    }
    HeldParameter(HeldParameter&&) noexcept = default;
    ~HeldParameter() {
      if (held_ != nullptr) --held_->optimizers;
    }

   private:
    std::shared_ptr<typename Parameter<T>::State> held_;  // null if moved from
  };
  /// A parameter and the state that an optimizer keeps for it.
  struct Entry {
    HeldParameter parameter;
    double lr_ratio;  // of its group's learning rate to the optimizer's
    double weight_decay;
    std::vector<Array<T>>
        buffers;       // running means, of the parameter's shape: undefined before the first step, then zeros
    Index steps = 0;   // the number of steps that updated this parameter
    Index missed = 0;  // the number of steps that found it trainable, but without a gradient
  };
  struct Rates {
    double lr, weight_decay;
  };
  /// The name of a method with the options that its steps depend on, which a resumed training must share, and the names
  /// of the running means that it keeps for each parameter.
  struct Method {
    std::string name;
    std::vector<std::string> buffers;
  };

  Optimizer(Optimizer&&) noexcept = default;
  Optimizer& operator=(Optimizer&&) noexcept = default;
  /// Throws Error for a rate that is negative or not finite, and for a parameter in two groups.
  Optimizer(std::vector<ParameterGroup<T>> groups, Rates rates, Clip clip, Method method);
  static std::vector<ParameterGroup<T>> one_group(ParameterList<T> parameters);

 private:
  /// Updates the values `w` from the parameter's gradient, clipped as the plan says.
  virtual void update(Entry& entry, const ClipPlan& plan, double lr, T* w) = 0;
  void check_all_are_trained();

  std::vector<Entry> entries_;
  ParameterList<T> parameters_;
  double learning_rate_;
  Clip clip_;
  Method method_;
  Index steps_ = 0;
};

struct SGDOptions {
  double lr = 0.01;
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;  ///< Added to the gradient, times the weight.
  Clip clip = {};
};

/// Stochastic gradient descent: v = momentum v + g, w -= lr v; with Nesterov's momentum w -= lr (g + momentum v)
/// (Sutskever et al. 2013).
template <class T = float>
class SGD : public Optimizer<T> {
 public:
  explicit SGD(ParameterList<T> parameters, SGDOptions options = {});
  explicit SGD(std::vector<ParameterGroup<T>> groups, SGDOptions options = {});

 private:
  void update(typename Optimizer<T>::Entry& entry, const ClipPlan& plan, double lr, T* w) override;
  SGDOptions options_;
};

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< Added to the gradient, times the weight.
  Clip clip = {};
};

/// Kingma & Ba 2015: w -= lr m / (sqrt(v) + epsilon), with running means m of g and v of g^2, corrected for their start
/// at zero.
template <class T = float>
class Adam : public Optimizer<T> {
 public:
  explicit Adam(ParameterList<T> parameters, AdamOptions options = {});
  explicit Adam(std::vector<ParameterGroup<T>> groups, AdamOptions options = {});

 protected:
  enum class Decay { coupled, decoupled };
  Adam(std::vector<ParameterGroup<T>> groups, AdamOptions options, Decay decay);

 private:
  void update(typename Optimizer<T>::Entry& entry, const ClipPlan& plan, double lr, T* w) override;
  AdamOptions options_;
  Decay decay_;
  struct {
    Index steps = 0;
    double mean = 1, root = 1;
  } correction_;  // of m and sqrt(v) after so many steps: kept, since most parameters share it and powers take long
};

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;  ///< Each step shrinks a weight by lr * weight_decay; the running means do not see it.
  Clip clip = {};
};

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019).
template <class T = float>
class AdamW : public Adam<T> {
 public:
  explicit AdamW(ParameterList<T> parameters, AdamWOptions options = {});
  explicit AdamW(std::vector<ParameterGroup<T>> groups, AdamWOptions options = {});
};

struct RMSPropOptions {
  double lr = 0.01;
  double decay = 0.99;  ///< Of the running mean of g^2.
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< Added to the gradient, times the weight.
  Clip clip = {};
};

/// w -= lr g / (sqrt(v) + epsilon), with a running mean v of g^2 (Tieleman & Hinton 2012).
template <class T = float>
class RMSProp : public Optimizer<T> {
 public:
  explicit RMSProp(ParameterList<T> parameters, RMSPropOptions options = {});
  explicit RMSProp(std::vector<ParameterGroup<T>> groups, RMSPropOptions options = {});

 private:
  void update(typename Optimizer<T>::Entry& entry, const ClipPlan& plan, double lr, T* w) override;
  RMSPropOptions options_;
};

#define EBB_EXTERN(T)                 \
  extern template class Optimizer<T>; \
  extern template class SGD<T>;       \
  extern template class Adam<T>;      \
  extern template class AdamW<T>;     \
  extern template class RMSProp<T>;
EBB_EXTERN(float)
EBB_EXTERN(double)
#undef EBB_EXTERN

}  // namespace nn
}  // namespace ebb
