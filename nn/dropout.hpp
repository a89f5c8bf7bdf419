#pragma once

#include <optional>

#include "../autograd/tensor.hpp"
#include "../ops/random.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// Training: `dropout(x, key)` zeroes each element with this probability and divides the others by 1 - probability; the
/// same key drops the same elements. Evaluation: `dropout(x)` is x.
template <class T = float>
struct Dropout {
  /// Throws Error unless 0 <= probability < 1.
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
