#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/key.hpp"
#include "../autograd/storage/array.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

struct MiniBatchOptions {
  bool shuffle = true;     ///< Else the rows come in their order.
  bool drop_last = false;  ///< Leaves out the last batch of an epoch, where it would be smaller than the others.
};

/// Deals out the rows of a data set in batches, each row once in an epoch, in a new random order in each. Of any number
/// of arrays that belong together, the same rows are taken. The batch of a step depends on the key and the number of
/// the step alone, so that a training that is resumed needs no more than that number:
///
///     ebb::nn::MiniBatches batches(x.shape()[0], 32, ebb::Key{seed});
///     for (ebb::Index step = 0; step < 10 * batches.per_epoch(); ++step) {
///       const ebb::IntArray rows = batches(step);
///       const double loss = train_step(gather(x, rows, 0), gather(y, rows, 0));
///     }
class MiniBatches {
 public:
  /// Of all rows from 0 to rows - 1. Throws Error unless there is one, and for a batch size below 1.
  MiniBatches(Index rows, Index batch_size, Key key, MiniBatchOptions options = {});
  /// Of these rows alone, such as Split's.
  MiniBatches(IntArray rows, Index batch_size, Key key, MiniBatchOptions options = {});

  /// The rows in the batch of this step, counted from 0: [batch size], or fewer in the last batch of an epoch. Throws
  /// Error for a negative step.
  IntArray operator()(Index step);
  /// The number of steps in an epoch.
  Index per_epoch() const { return per_epoch_; }

 private:
  IntArray rows_;
  Index batch_size_, per_epoch_;
  Key key_;
  bool shuffle_;
  Index epoch_ = -1;  // whose order is in order_
  IntArray order_;
};

/// The rows to train on, and those that are held out, to judge the model by.
struct Split {
  IntArray train, held_out;
};

/// Parts the rows from 0 to rows - 1 at random: `share` of them, rounded, are held out. Throws Error unless both parts
/// have a row.
Split split_rows(Index rows, double share, Key key);

}  // namespace nn
}  // namespace ebb
