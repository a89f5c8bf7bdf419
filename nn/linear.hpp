#pragma once

#include "../autograd/parameter.hpp"
#include "init.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct LinearOptions {
  bool bias = true;  ///< Starts at 0.
  Init init = Init::xavier_uniform();
};

/// x W + b: [..., in] -> [..., out].
template <class T = float>
struct Linear {
  Linear(Index in, Index out, Generator& generator, LinearOptions options = {});
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("weight", weight), field("bias", bias); }

  Parameter<T> weight;  // [in, out]
  Parameter<T> bias;    // [out]; undefined if the layer was built without
};

extern template struct Linear<float>;
extern template struct Linear<double>;

}  // namespace nn
}  // namespace ebb
