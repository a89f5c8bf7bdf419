#include "mini_batches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "../autograd/base/error.hpp"
#include "../ops/random.hpp"

namespace ebb::nn {

namespace {

IntArray first_integers(Index n) {
  if (n < 1) throw Error(fmt::format("MiniBatches: there must be a row to deal out, not {}", n));
  IntArray rows{Shape(n)};
  std::iota(rows.mutable_data(), rows.mutable_data() + n, 0);
  return rows;
}

IntArray part(const IntArray& x, Index begin, Index end) {
  return {Shape(end - begin), x.values().subspan(to_size(begin), to_size(end - begin))};
}

}  // namespace

MiniBatches::MiniBatches(Index rows, Index batch_size, Key key, MiniBatchOptions options)
    : MiniBatches(first_integers(rows), batch_size, key, options) {}

MiniBatches::MiniBatches(IntArray rows, Index batch_size, Key key, MiniBatchOptions options)
    : rows_(std::move(rows)), batch_size_(batch_size), key_(key), shuffle_(options.shuffle) {
  if (rows_.rank() != 1 || rows_.size() == 0)
    throw Error(fmt::format("MiniBatches: the rows must be numbers along one axis, one at least, not of shape {}",
                            rows_.defined() ? to_string(rows_.shape()) : "none"));
  if (batch_size < 1) throw Error(fmt::format("MiniBatches: the batch size must be at least 1, not {}", batch_size));
  const Index whole = rows_.size() / batch_size, rest = rows_.size() % batch_size;
  per_epoch_ = whole + (rest > 0 && !options.drop_last ? 1 : 0);
  if (per_epoch_ == 0)
    throw Error(
        fmt::format("MiniBatches: {} rows do not fill a batch of {}, and {{.drop_last = true}} leaves out others",
                    rows_.size(), batch_size));
}

IntArray MiniBatches::operator()(Index step) {
  if (step < 0) throw Error(fmt::format("MiniBatches: there is no step {}", step));
  if (const Index epoch = step / per_epoch_; epoch != epoch_) {
    IntArray order = rows_;
    if (shuffle_) {
      const IntArray places = permutation(rows_.size(), key_.child(static_cast<std::uint64_t>(epoch)));
      std::transform(places.values().begin(), places.values().end(), order.mutable_data(),
                     [&](std::int32_t place) { return rows_.data()[place]; });
    }
    order_ = std::move(order);
    epoch_ = epoch;
  }
  const Index begin = step % per_epoch_ * batch_size_;
  return part(order_, begin, std::min(begin + batch_size_, rows_.size()));
}

Split split_rows(Index rows, double share, Key key) {
  const auto held_out = std::isfinite(share) ? std::llround(share * static_cast<double>(rows)) : -1;
  if (held_out < 1 || held_out >= rows)
    throw Error(fmt::format("split_rows(): {} of {} rows leaves none to train on or none to hold out", share, rows));
  const IntArray order = permutation(rows, key);
  return {part(order, held_out, rows), part(order, 0, held_out)};
}

}  // namespace ebb::nn
