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

/// The largest element of what each place sees, in a result of these extents, whatever those of the images or
/// sequences; see adaptive_max_pool().
template <class T = float>
struct AdaptiveMaxPool {
  explicit AdaptiveMaxPool(const Shape& extents);
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto&) const {}

  Shape extents;
};

/// The mean of what each place sees; see adaptive_average_pool(). Between convolutions and a Linear layer, it lets a
/// network take images of any size:
///
///     ebb::nn::AdaptiveAveragePool squares({2, 2});
template <class T = float>
struct AdaptiveAveragePool {
  explicit AdaptiveAveragePool(const Shape& extents);
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto&) const {}

  Shape extents;
};

extern template struct MaxPool<float>;
extern template struct MaxPool<double>;
extern template struct AveragePool<float>;
extern template struct AveragePool<double>;
extern template struct AdaptiveMaxPool<float>;
extern template struct AdaptiveMaxPool<double>;
extern template struct AdaptiveAveragePool<float>;
extern template struct AdaptiveAveragePool<double>;

}  // namespace nn
}  // namespace ebb
