#pragma once

#include "optimizer.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< Added to the gradient, times the weight.
  bool nesterov = false;    ///< NAdam.
  bool amsgrad = false;     ///< AMSGrad.
  bool lazy = false;        ///< Leaves rows of a table that were not looked up as they are, with their means.
  Clip clip = {};
};

/// Kingma & Ba 2015: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, and in step t, counted from 1,
///
///   w -= lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// With `nesterov`, NAdam (Dozat 2016, whose momentum is here the same in all steps): in the place of m / (1 - beta1^t)
/// stands beta1 m / (1 - beta1^(t+1)) + (1 - beta1) g / (1 - beta1^t), which looks one step ahead. With `amsgrad`, v is
/// replaced by the largest v so far in the division (Reddi et al. 2018), so that a step never grows because gradients
/// were forgotten. With `lazy`, a step updates only those rows of a table that a gradient has reached, and costs what
/// they cost, where Adam itself moves all rows whose m is not 0 yet; it needs a weight decay of 0.
template <class T = float>
class Adam : public Optimizer<T> {
 public:
  explicit Adam(const ParameterGroups<T>& groups, AdamOptions options = {});

 protected:
  enum class Decay { coupled, decoupled };
  Adam(const ParameterGroups<T>& groups, AdamOptions options, Decay decay);

 private:
  void update_all(std::vector<ParameterStep<T>>& steps) override;
  void correct(Index step, const StepOptions& options);

  bool nesterov_, amsgrad_;
  Decay decay_;
  struct {
    Index step = 0;
    double beta1 = 0, beta2 = 0;
    double of_mean = 1, of_gradient = 0, of_root = 1;
  } correction_;  // of m, g and sqrt(v) in that step: kept, since most parameters share it and powers take long
};
template <class Source>
Adam(const Source&, AdamOptions = {}) -> Adam<ScalarOf<Source>>;

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;  ///< Each step shrinks a weight by lr * weight_decay; the running means do not see it.
  bool nesterov = false;       ///< As Adam's.
  bool amsgrad = false;        ///< As Adam's.
  Clip clip = {};
};

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019).
template <class T = float>
class AdamW : public Adam<T> {
 public:
  explicit AdamW(const ParameterGroups<T>& groups, AdamWOptions options = {});
};
template <class Source>
AdamW(const Source&, AdamWOptions = {}) -> AdamW<ScalarOf<Source>>;

extern template class Adam<float>;
extern template class Adam<double>;
extern template class AdamW<float>;
extern template class AdamW<double>;

}  // namespace nn
}  // namespace ebb
