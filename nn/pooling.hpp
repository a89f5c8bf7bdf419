#pragma once

#include "../ops/pooling.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The largest element in each window of each channel; see max_pool(). The window has one extent for sequences [...,
/// length, channels], two for images [..., height, width, channels]:
///
///     ebb::nn::MaxPool pool({2, 2});
template <class T = float>
struct MaxPool {
  explicit MaxPool(const Shape& window, const PoolOptions& options = {});
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto&) const {}

  Shape window;
  PoolOptions options;
};

/// The mean of each window of each channel; see average_pool(). The window is as for MaxPool.
template <class T = float>
struct AveragePool {
  explicit AveragePool(const Shape& window, const PoolOptions& options = {});
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto&) const {}

  Shape window;
  PoolOptions options;
};

extern template struct MaxPool<float>;
extern template struct MaxPool<double>;
extern template struct AveragePool<float>;
extern template struct AveragePool<double>;

}  // namespace nn
}  // namespace ebb
