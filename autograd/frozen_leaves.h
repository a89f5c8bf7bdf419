#pragma once

namespace ebb {

/// While it is alive, frozen parameters and buffers become leaves of this thread's tapes, as trainable ones do, so that
/// all that a model computes of them is recorded. For looking on: such a tape is not to be walked.
class FrozenLeaves {
 public:
  FrozenLeaves() : outer_(on_) { on_ = true; }
  ~FrozenLeaves() { on_ = outer_; }
  FrozenLeaves(const FrozenLeaves&) = delete;
  FrozenLeaves& operator=(const FrozenLeaves&) = delete;

  static bool on() { return on_; }

 private:
  static inline thread_local bool on_ = false;
  const bool outer_;
};

}  // namespace ebb
