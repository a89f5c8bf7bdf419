#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/storage/array.hpp"
#include "../ops/random.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// Inputs [batch size, context], and targets of the same shape: for each token of the inputs, the one that follows it
/// in the text.
struct Batch {
  IntArray inputs, targets;
};

/// Draws batches of random pieces of a text. The batch of a step depends on the key and the number of the step alone:
///
///     ebb::nn::BatchSampler sampler(tokens, 64, 16, ebb::Key{seed});
///     auto [inputs, targets] = sampler(step);
class BatchSampler {
 public:
  /// Throws Error unless `tokens` has one axis and more than `context` elements, and both sizes are greater than 0.
  BatchSampler(IntArray tokens, Index context, Index batch_size, Key key);
  /// The batch of this step.
  Batch operator()(Index step) const;

 private:
  IntArray tokens_;
  Index context_, batch_size_;
  Key key_;
};

}  // namespace nn
}  // namespace ebb
