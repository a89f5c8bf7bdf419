#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "../base/visibility.hpp"

namespace ebb EBB_PUBLIC {

/// A growing list whose elements never move: a derivative may append to the tape while it reads its own record.
template <class X>
class StableVector {
 public:
  StableVector() = default;
  StableVector(const StableVector&) = delete;
  StableVector& operator=(const StableVector&) = delete;
  ~StableVector() {
    while (size_ > 0) pop_back();
  }

  std::size_t size() const { return size_; }
  X& operator[](std::size_t i) { return *std::launder(reinterpret_cast<X*>(place(i))); }
  const X& operator[](std::size_t i) const { return *std::launder(reinterpret_cast<const X*>(place(i))); }

  X& emplace_back() {
    if (size_ == chunks_.size() * chunk_size) chunks_.push_back(std::make_unique_for_overwrite<Chunk>());
    X* x = new (place(size_)) X();
    ++size_;
    return *x;
  }
  void pop_back() { (*this)[--size_].~X(); }

 private:
  static constexpr std::size_t chunk_size = 64;
  struct Chunk {
    alignas(X) std::byte bytes[chunk_size * sizeof(X)];
  };

  std::byte* place(std::size_t i) const { return chunks_[i / chunk_size]->bytes + i % chunk_size * sizeof(X); }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace ebb
