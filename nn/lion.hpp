#pragma once

#include "optimizer.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct LionOptions {
  double lr = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.99;
  double weight_decay = 0;  ///< Each step shrinks a weight by lr * weight_decay, as in AdamW.
  Clip clip = {};
};

/// w -= lr (sign(beta1 m + (1 - beta1) g) + weight_decay w), m = beta2 m + (1 - beta2) g (Chen et al. 2023). Each
/// weight moves by the whole rate in each step: the paper takes a rate 3 to 10 times smaller than that of AdamW, and a
/// decay larger by as much.
template <class T = float>
class Lion : public Optimizer<T> {
 public:
  explicit Lion(const ParameterGroups<T>& groups, LionOptions options = {});

 private:
  void update_all(std::vector<ParameterStep<T>>& steps) override;
};
template <class Source>
Lion(const Source&, LionOptions = {}) -> Lion<ScalarOf<Source>>;

extern template class Lion<float>;
extern template class Lion<double>;

}  // namespace nn
}  // namespace ebb
