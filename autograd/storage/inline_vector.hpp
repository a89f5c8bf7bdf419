#pragma once

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "../base/visibility.hpp"

namespace ebb EBB_PUBLIC {

/// A growing list whose first N elements live in place, so that a record of a common op needs no allocation of its own.
template <class X, std::size_t N>
class InlineVector {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  X& operator[](std::size_t i) { return i < N ? first_[i] : rest_[i - N]; }
  const X& operator[](std::size_t i) const { return i < N ? first_[i] : rest_[i - N]; }
  void push_back(X x) {
    if (size_ < N)
      first_[size_] = std::move(x);
    else
      rest_.push_back(std::move(x));
    ++size_;
  }
  void clear() {
    for (std::size_t i = 0; i < size_ && i < N; ++i) first_[i] = X{};
    rest_.clear();
    size_ = 0;
  }

 private:
  std::array<X, N> first_{};
  std::vector<X> rest_;
  std::size_t size_ = 0;
};

}  // namespace ebb
