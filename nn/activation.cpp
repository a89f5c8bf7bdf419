#include "activation.hpp"

#include "../autograd/base/error.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

template <class T>
Tensor<T> activate(Activation activation, const Tensor<T>& x, SourceLocation at) {
  switch (activation) {
    case Activation::identity:
      return x;
    case Activation::relu:
      return relu(x, at);
    case Activation::gelu:
      return gelu(x, at);
    case Activation::gelu_tanh:
      return gelu_tanh(x, at);
    case Activation::silu:
      return silu(x, at);
    case Activation::tanh:
      return tanh(x, at);
    case Activation::sigmoid:
      return sigmoid(x, at);
  }
  throw Error("unknown activation");
}

template Tensor<float> activate(Activation, const Tensor<float>&, SourceLocation);
template Tensor<double> activate(Activation, const Tensor<double>&, SourceLocation);

}  // namespace nn
}  // namespace ebb
