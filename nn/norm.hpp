#pragma once

#include "../autograd/parameter.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// Shifts and scales along the last axis to mean 0 and variance 1, then by a learned gain and bias (Ba et al. 2016).
template <class T = float>
struct LayerNorm {
  explicit LayerNorm(Index width, double epsilon = 1e-5);
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("gain", gain), field("bias", bias); }

  Parameter<T> gain, bias;  // [width]; 1 and 0 at first
  double epsilon;
};

/// Scales along the last axis to mean square 1, then by a learned gain (Zhang & Sennrich 2019).
template <class T = float>
struct RMSNorm {
  explicit RMSNorm(Index width, double epsilon = 1e-5);
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("gain", gain); }

  Parameter<T> gain;  // [width]; 1 at first
  double epsilon;
};

extern template struct LayerNorm<float>;
extern template struct LayerNorm<double>;
extern template struct RMSNorm<float>;
extern template struct RMSNorm<double>;

}  // namespace nn
}  // namespace ebb
