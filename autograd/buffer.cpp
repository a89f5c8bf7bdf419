#include "buffer.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>

namespace ebb {

/// Free blocks, listed by the power of two of their capacity. A training step asks for the same sizes each time, so
/// after the first one no memory is asked of the system any more.
class Pool {
 public:
  using Block = Buffer::Block;
  static constexpr int smallest = 6;  // 64 bytes
  static constexpr int classes = 48;

  ~Pool() {
    for (Block*& list : free_)
      while (list != nullptr) operator delete (std::exchange(list, list->next_free), std::align_val_t{64});
    alive_ = false;
  }

  static Block* take(std::size_t bytes) {
    const int power = std::max(smallest, static_cast<int>(std::bit_width(bytes > 1 ? bytes - 1 : 1)));
    if (power - smallest >= classes) throw std::bad_alloc();
    if (recycles && alive_) {
      Block*& list = local_.free_[static_cast<std::size_t>(power - smallest)];
      if (list != nullptr) return std::exchange(list, list->next_free);
    }
    // The sanitizers are to see the size that was asked for, so without recycling there is no rounding up.
    const std::size_t capacity = recycles ? std::size_t{1} << power : bytes;
    void* memory = operator new (sizeof(Block) + capacity, std::align_val_t{64});
    return new (memory) Block{{0}, capacity, &local_, nullptr};
  }

  static void put(Block* block) noexcept {
    // Blocks of other threads are not collected: where one thread makes what another frees, that would never end.
    if (!recycles || !alive_ || block->pool != &local_) return operator delete (block, std::align_val_t{64});
    Block*& list = local_.free_[static_cast<std::size_t>(std::bit_width(block->capacity) - 1 - smallest)];
    block->next_free = std::exchange(list, block);
  }

 private:
#ifdef EBB_NO_POOL
  static constexpr bool recycles = false;
#else
  static constexpr bool recycles = true;
#endif
  std::array<Block*, classes> free_{};
  static thread_local Pool local_;
  static thread_local bool alive_;  // buffers held by objects with static storage outlive the pool of their thread
};

thread_local Pool Pool::local_;
thread_local bool Pool::alive_ = true;

Buffer::Buffer(std::size_t bytes) : block_(Pool::take(bytes)) {
  block_->references.store(1, std::memory_order_relaxed);
#ifndef NDEBUG
  std::memset(data(), 0xFF, bytes);  // every bit set is a NaN, in float and in double: what is read unwritten shows
#endif
}

void Buffer::recycle(Block* block) noexcept { Pool::put(block); }

}  // namespace ebb
