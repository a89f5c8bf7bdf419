#pragma once

#include "optimizer.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct AdagradOptions {
  double lr = 0.01;
  double epsilon = 1e-10;
  double weight_decay = 0;  ///< Added to the gradient, times the weight.
  Clip clip = {};
};

/// w -= lr g / (sqrt(v) + epsilon), with the sum v of all g^2 so far (Duchi et al. 2011): steps shrink, and those of
/// weights that seldom have a gradient stay large.
template <class T = float>
class Adagrad : public Optimizer<T> {
 public:
  explicit Adagrad(const ParameterGroups<T>& groups, AdagradOptions options = {});

 private:
  void update_all(std::vector<ParameterStep<T>>& steps) override;
};
template <class Source>
Adagrad(const Source&, AdagradOptions = {}) -> Adagrad<ScalarOf<Source>>;

extern template class Adagrad<float>;
extern template class Adagrad<double>;

}  // namespace nn
}  // namespace ebb
