#pragma once

#include "tape.hpp"

namespace ebb EBB_PUBLIC {

/// Rewinds the tape of a tensor, if it has one, to the size that it has now, when it goes out of scope.
template <class T>
class Rewinding {
 public:
  explicit Rewinding(const Tensor<T>& y)
      : tape_(y.tracked() ? Tape<T>::find(y.slot().tape) : nullptr), size_(tape_ != nullptr ? tape_->size() : 0) {}
  ~Rewinding() {
    if (tape_ != nullptr) tape_->forget_from(size_);
  }
  Rewinding(const Rewinding&) = delete;
  Rewinding& operator=(const Rewinding&) = delete;

  Tape<T>* tape() const { return tape_; }

 private:
  Tape<T>* tape_;
  Index size_;
};

}  // namespace ebb
