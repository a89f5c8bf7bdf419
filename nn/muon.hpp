#pragma once

#include "custom_optimizer.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct MuonOptions {
  double lr = 0.02;
  double momentum = 0.95;
  bool nesterov = true;
  double weight_decay = 0;  ///< Each step shrinks a weight by lr * weight_decay, as in AdamW.
  Clip clip = {};
};

/// Momentum made orthogonal, for the matrices of hidden layers (Jordan et al. 2024): v = momentum v + (1 - momentum) g;
/// u = v, or with Nesterov's momentum, momentum v + (1 - momentum) g; w -= lr sqrt(max(1, out / in)) O, where O is u
/// with its singular values brought to about 1 (between 0.7 and 1.2) by five steps of a Newton-Schulz iteration. A
/// weight is [in, out]. It takes matrices alone: embeddings, the last layer, biases and gains are AdamW's, in an
/// optimizer of their own that steps after the same walk.
///
///     const auto is_matrix = [](const auto& parameter) { return parameter.shape().rank() == 2; };
///     const auto is_other = [](const auto& parameter) { return parameter.shape().rank() != 2; };
///     ebb::nn::Muon matrices(ebb::nn::parameters(model.block).where(is_matrix));
///     ebb::nn::AdamW others(ebb::nn::parameters(model.block).where(is_other));
template <class T = float>
class Muon : public CustomOptimizer<T> {
 public:
  /// Throws Error for a parameter that is not a matrix.
  explicit Muon(const ParameterGroups<T>& groups, MuonOptions options = {});

 private:
  void update(ParameterUpdate<T>& u) override;
  bool nesterov_;
};
template <class Source>
Muon(const Source&, MuonOptions = {}) -> Muon<ScalarOf<Source>>;

extern template class Muon<float>;
extern template class Muon<double>;

}  // namespace nn
}  // namespace ebb
