#pragma once

#include "optimizer.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

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
  explicit SGD(const ParameterGroups<T>& groups, SGDOptions options = {});

 private:
  void update_all(std::vector<ParameterStep<T>>& steps) override;
  bool nesterov_;
};
template <class Source>
SGD(const Source&, SGDOptions = {}) -> SGD<ScalarOf<Source>>;

extern template class SGD<float>;
extern template class SGD<double>;

}  // namespace nn
}  // namespace ebb
