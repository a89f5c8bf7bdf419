#pragma once

#include "../autograd/parameter.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// Layer normalisation (Ba et al. 2016): shifts and scales each row along the last axis to mean 0 and variance 1, then
/// multiplies by a learned gain and adds a learned bias.
template <class T = float>
struct LayerNorm {
  explicit LayerNorm(Index width, double epsilon = 1e-5);
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("gain", gain), field("bias", bias); }

  Parameter<T> gain, bias;  // [width]; 1 and 0 at the start
  double epsilon;
};

/// RMS normalisation (Zhang & Sennrich 2019): scales each row along the last axis to mean square 1, then multiplies by
/// a learned gain.
template <class T = float>
struct RMSNorm {
  explicit RMSNorm(Index width, double epsilon = 1e-5);
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("gain", gain); }

  Parameter<T> gain;  // [width]; 1 at the start
  double epsilon;
};

extern template struct LayerNorm<float>;
extern template struct LayerNorm<double>;
extern template struct RMSNorm<float>;
extern template struct RMSNorm<double>;

}  // namespace nn
}  // namespace ebb
