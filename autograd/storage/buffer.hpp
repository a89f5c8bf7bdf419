#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "../base/visibility.hpp"

#if __has_include(<sys/single_threaded.h>)  // glibc 2.32 and later
#include <sys/single_threaded.h>
#define EBB_KNOWS_SINGLE_THREADED
#endif

namespace ebb EBB_PUBLIC {

/// A reference-counted block of bytes, aligned to 64, from a recycling pool (one per thread).
/// The count is atomic, so that a parameter may be read from several threads. A block that another thread than its own
/// lets go of last, or that outlives its thread, goes back to the system.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t bytes);
  Buffer(const Buffer& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) add_reference(block_->references);
  }
  Buffer(Buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Buffer() {
    if (block_ != nullptr && drop_reference(block_->references) == 0) recycle(block_);
  }

  /// Null if undefined.
  std::byte* data() const { return block_ != nullptr ? reinterpret_cast<std::byte*>(block_ + 1) : nullptr; }
  bool defined() const { return block_ != nullptr; }
  /// Returns true if nobody else holds this buffer. Only then may it be written.
  bool sole_owner() const { return block_ != nullptr && block_->references.load(std::memory_order_acquire) == 1; }
  bool shares_with(const Buffer& other) const { return block_ == other.block_; }

 private:
  struct alignas(64) Block {
    std::atomic<long> references;
    std::size_t capacity;  // bytes after the header
    std::uint64_t pool;    // the number of the one that it came from
    Block* next_free;
  };
  friend class Pool;

  // A locked instruction takes as long as ten others; a program that never made a second thread needs none.
  static bool single_threaded() {
#ifdef EBB_KNOWS_SINGLE_THREADED
    return __libc_single_threaded != 0;
#else
    return false;
#endif
  }
  static void add_reference(std::atomic<long>& count) {
    if (single_threaded())
      count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    else
      count.fetch_add(1, std::memory_order_relaxed);
  }
  static long drop_reference(std::atomic<long>& count) {
    if (!single_threaded()) return count.fetch_sub(1, std::memory_order_acq_rel) - 1;
    const long left = count.load(std::memory_order_relaxed) - 1;
    count.store(left, std::memory_order_relaxed);
    return left;
  }
  static void recycle(Block* block) noexcept;

  Block* block_ = nullptr;
};

}  // namespace ebb
