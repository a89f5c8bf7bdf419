#pragma once

#include <optional>

#include "../autograd/parameter.hpp"
#include "../ops/random.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct BatchNormOptions {
  double epsilon = 1e-5;
  double momentum = 0.1;  ///< The weight of the newest batch in the running mean and variance; in [0, 1].
};

/// Batch normalisation (Ioffe & Szegedy 2015): [..., channels] -> the same, each channel shifted and scaled over all
/// other axes, then multiplied by a learned gain and moved by a learned bias. It serves after Linear, Conv1d and Conv2d
/// alike.
///
/// In training, `norm(x, key)` takes the mean and variance of this very batch, and has the running ones follow; in
/// evaluation, `norm(x)` takes the running ones. So it is told by the key, as Dropout and whole models are; the key's
/// numbers play no part. Its own words for the two are `train` and `evaluate`. The running ones are buffers: saved with
/// the model, and not trained. A call that is made twice, as within checkpoint(), has them follow twice.
template <class T = float>
struct BatchNorm {
  explicit BatchNorm(Index channels, BatchNormOptions options = {});
  Tensor<T> operator()(const Tensor<T>& x, std::optional<Key> key = {},
                       SourceLocation at = SourceLocation::current()) const;
  /// Throws Error for fewer than two numbers of a channel, which have no variance.
  Tensor<T> train(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  Tensor<T> evaluate(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const {
    field("gain", gain), field("bias", bias), field("running_mean", running_mean);
    field("running_variance", running_variance);
  }

  Parameter<T> gain, bias;                      // [channels]; 1 and 0 at the start
  Parameter<T> running_mean, running_variance;  // buffers, [channels]; 0 and 1 at the start; the unbiased variance
  BatchNormOptions options;
};

/// Group normalisation (Wu & He 2018): [batch, ..., channels] -> the same, each group of channels of each example
/// shifted and scaled, then multiplied by a learned gain and moved by a learned bias for each channel.
template <class T = float>
struct GroupNorm {
  GroupNorm(Index groups, Index channels, double epsilon = 1e-5);
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("gain", gain), field("bias", bias); }

  Parameter<T> gain, bias;  // [channels]; 1 and 0 at the start
  Index groups;
  double epsilon;
};

/// Instance normalisation (Ulyanov et al. 2016): a GroupNorm with a group for each channel.
template <class T = float>
struct InstanceNorm {
  explicit InstanceNorm(Index channels, double epsilon = 1e-5);
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("gain", gain), field("bias", bias); }

  Parameter<T> gain, bias;  // [channels]; 1 and 0 at the start
  double epsilon;
};

extern template struct BatchNorm<float>;
extern template struct BatchNorm<double>;
extern template struct GroupNorm<float>;
extern template struct GroupNorm<double>;
extern template struct InstanceNorm<float>;
extern template struct InstanceNorm<double>;

}  // namespace nn
}  // namespace ebb
