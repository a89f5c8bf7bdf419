#include "batch_sampler.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "../autograd/base/error.hpp"

namespace ebb::nn {

BatchSampler::BatchSampler(IntArray tokens, Index context, Index batch_size, Key key)
    : tokens_(std::move(tokens)), context_(context), batch_size_(batch_size), key_(key) {
  if (context <= 0 || batch_size <= 0)
    throw Error(
        fmt::format("BatchSampler: context and batch must be greater than 0, not {} and {}", context, batch_size));
  if (tokens_.rank() != 1 || tokens_.size() <= context)
    throw Error(
        fmt::format("BatchSampler: a context of {} needs tokens in one axis of at least {}, but got the shape {}",
                    context, context + 1, to_string(tokens_.shape())));
}

Batch BatchSampler::operator()(Index step) const {
  const auto last_start = static_cast<std::int32_t>(tokens_.size() - context_);
  const IntArray starts = uniform_integers({batch_size_}, key_.child(static_cast<std::uint64_t>(step)), 0, last_start);
  const Shape shape{batch_size_, context_};
  Batch batch{IntArray(shape), IntArray(shape)};
  std::int32_t *input = batch.inputs.mutable_data(), *target = batch.targets.mutable_data();
  for (std::int32_t start : starts.values()) {
    input = std::copy_n(tokens_.data() + start, context_, input);
    target = std::copy_n(tokens_.data() + start + 1, context_, target);
  }
  return batch;
}

}  // namespace ebb::nn
