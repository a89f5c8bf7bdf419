#pragma once

#include <string>
#include <vector>

#include "optimizer.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// One parameter in one step of a CustomOptimizer.
template <class T>
struct ParameterUpdate {
  const std::string& name;
  const StepOptions& options;    ///< Of the parameter's group.
  Index step;                    ///< The number of this step of the parameter, counted from 1.
  Tensor<T> gradient;            ///< Clipped.
  Tensor<T> value;               ///< To be set to the new value.
  std::vector<Tensor<T>> state;  ///< The arrays that the method names, zeros at first: to be set to the new ones.
};

/// An optimizer of your own: names a method with its options and the arrays that it keeps for each parameter, and says
/// how one parameter is updated, in operations, of which none is recorded. Groups, clipping, schedules and a training's
/// file come with it.
///
///     struct SignSGD : ebb::nn::CustomOptimizer<float> {
///       explicit SignSGD(const ebb::nn::ParameterGroups<float>& groups, double lr = 1e-3, double momentum = 0.9)
///           : CustomOptimizer(groups, {"SignSGD", {.lr = lr, .momentum = momentum}, {"velocity"}}) {}
///
///       void update(ebb::nn::ParameterUpdate<float>& u) override {
///         auto& v = u.state[0];
///         v = u.options.momentum * v + (1 - u.options.momentum) * u.gradient;
///         u.value = u.value - u.options.lr * sign(v);
///       }
///     };
template <class T = float>
class CustomOptimizer : public Optimizer<T> {
 protected:
  using typename Optimizer<T>::Method;
  /// As Optimizer's. What else the steps depend on belongs into the name of the method, so that a training is not
  /// resumed with other options.
  CustomOptimizer(const ParameterGroups<T>& groups, Method method) : Optimizer<T>(groups, std::move(method)) {}

 private:
  /// Sets `u.value`, and each of `u.state`, to the new ones. They reach the parameters once all of these are updated:
  /// if one throws, or sets a tensor of another shape, which is an Error, no parameter and no state has changed.
  virtual void update(ParameterUpdate<T>& u) = 0;
  void update_all(std::vector<ParameterStep<T>>& steps) final;
};

extern template class CustomOptimizer<float>;
extern template class CustomOptimizer<double>;

}  // namespace nn
}  // namespace ebb
