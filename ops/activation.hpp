#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// Element by element.
namespace ebb EBB_PUBLIC {

/// 1 / (1 + e^-x)
template <class T>
Tensor<T> sigmoid(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// log(1 + e^x), without overflow.
template <class T>
Tensor<T> softplus(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// max(x, 0). At the kink, x = 0, the derivative is 0.
template <class T>
Tensor<T> relu(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// x where x > 0, else slope * x. At the kink, x = 0, the derivative is `slope`.
template <class T>
Tensor<T> leaky_relu(const Operand<T>& x, double slope = 0.01, SourceLocation at = SourceLocation::current());
/// x Phi(x), with the normal distribution function Phi (Hendrycks & Gimpel 2016).
template <class T>
Tensor<T> gelu(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// GELU's approximation by tanh: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
template <class T>
Tensor<T> gelu_tanh(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// x sigmoid(x), also called swish.
template <class T>
Tensor<T> silu(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// log(sigmoid(x)), without overflow.
template <class T>
Tensor<T> log_sigmoid(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// x where x > 0, else alpha (e^x - 1) (Clevert et al. 2015). At x = 0 the derivative is `alpha`.
template <class T>
Tensor<T> elu(const Operand<T>& x, double alpha = 1, SourceLocation at = SourceLocation::current());
/// x / (1 + |x|)
template <class T>
Tensor<T> softsign(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// x tanh(softplus(x)) (Misra 2019).
template <class T>
Tensor<T> mish(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// a sigmoid(b), of the two halves a and b of x along an axis (Dauphin et al. 2017). Throws Error for an odd extent.
template <class T>
Tensor<T> glu(const Operand<T>& x, int axis = -1, SourceLocation at = SourceLocation::current());

}  // namespace ebb
