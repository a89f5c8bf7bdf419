#pragma once

#include "optimizer.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

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
  explicit RMSProp(const ParameterGroups<T>& groups, RMSPropOptions options = {});

 private:
  void update_all(std::vector<ParameterStep<T>>& steps) override;
};
template <class Source>
RMSProp(const Source&, RMSPropOptions = {}) -> RMSProp<ScalarOf<Source>>;

extern template class RMSProp<float>;
extern template class RMSProp<double>;

}  // namespace nn
}  // namespace ebb
