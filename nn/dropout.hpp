#pragma once

#include <optional>

#include "../autograd/tensor.hpp"
#include "../ops/random.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// Dropout (Srivastava et al. 2014). In training, `dropout(x, key)` sets each element to 0 with this probability and
/// divides the others by 1 - probability; the same key drops the same elements. In evaluation, `dropout(x)` is x.
template <class T = float>
struct Dropout {
  /// Throws Error unless 0 <= probability <= 1.
  explicit Dropout(double probability);
  Tensor<T> operator()(const Tensor<T>& x, std::optional<Key> key = {},
                       SourceLocation at = SourceLocation::current()) const;
  void visit(auto&) const {}

  double probability;
};

extern template struct Dropout<float>;
extern template struct Dropout<double>;

}  // namespace nn
}  // namespace ebb
