#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/storage/array.hpp"
#include "../ops/random.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// Inputs [batch, context], and as targets what follows each of them in the text.
struct Batch {
  IntArray inputs, targets;
};

/// Draws pieces of a text at random. The batch of a step depends on the key and the number of the step alone:
///
///     ebb::nn::BatchSampler sampler(tokens, 64, 16, ebb::Key{seed});
///     auto [inputs, targets] = sampler(step);
class BatchSampler {
 public:
  /// Throws Error unless `tokens` has one axis and more than `context` elements.
  BatchSampler(IntArray tokens, Index context, Index batch, Key key);
  Batch operator()(Index step) const;

 private:
  IntArray tokens_;
  Index context_, batch_;
  Key key_;
};

}  // namespace nn
}  // namespace ebb
