#include "buffer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <new>

#include "memory.hpp"

namespace ebb EBB_PUBLIC {

/// Free blocks, listed by their capacity. A training step asks for the same sizes each time, so after the first one no
/// memory is asked of the system any more, and no page of it is touched for the first time. Where the sizes change from
/// step to step, blocks of all of them would pile up: before the pool would hold more than twice what was ever in use
/// at once, all that is free goes back.
class Pool {
 public:
  using Block = Buffer::Block;

  ~Pool() { release_free_blocks(); }

  /// The pool of this thread. Null once the thread's own objects are gone: buffers held by objects with static storage
  /// outlive it.
  static Pool* local() { return local_ != nullptr ? local_ : begin(); }

  static Block* take(std::size_t bytes) {
    if (bytes > largest) throw std::bad_alloc();
    const std::size_t wanted = class_of(bytes);
    Pool* const pool = local();
    if (recycles && pool != nullptr)
      if (Block* block = pool->take_free(wanted, bytes < large ? wanted : wanted + slack)) return block;
    // The sanitizers are to see the size that was asked for, so without recycling there is no rounding up.
    return fresh(pool, recycles ? capacity_of(wanted) : bytes);
  }

  static void put(Block* block) noexcept {
    // Blocks of other threads are not collected: where one thread makes what another frees, that would never end.
    Pool* const pool = local_;
    if (pool == nullptr || block->pool != pool->id_) return operator delete (block, std::align_val_t{64});
    pool->statistics_.in_use -= block->capacity;
    if (!recycles) return operator delete (block, std::align_val_t{64});
    pool->statistics_.free += block->capacity;
    Block*& list = pool->free_[class_of(block->capacity)];
    block->next_free = std::exchange(list, block);
  }

  void release_free_blocks() {
    for (Block*& list : free_)
      while (list != nullptr) operator delete (std::exchange(list, list->next_free), std::align_val_t{64});
    statistics_.free = 0;
  }

  void reset_peak() {
    most_in_use_ = std::max(most_in_use_, statistics_.peak_in_use);
    statistics_.peak_in_use = statistics_.in_use;
  }

  const MemoryStatistics& statistics() const { return statistics_; }

 private:
#ifdef EBB_NO_POOL
  static constexpr bool recycles = false;
#else
  static constexpr bool recycles = true;
#endif
  // Capacities are the multiples of 64 bytes up to 512, and from there on eight steps to each doubling.
  static constexpr std::size_t steps = 8, unit = 64, largest = std::size_t{1} << 48, classes = 48 * steps;
  /// From here on a block that is up to two steps larger will do: a fresh one would cost more than that wastes.
  static constexpr std::size_t large = std::size_t{1} << 15, slack = 2;

  static std::size_t class_of(std::size_t bytes) {
    if (bytes <= steps * unit) return bytes == 0 ? 0 : (bytes - 1) / unit;
    const auto power = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;  // 2^power < bytes <= 2^(power + 1)
    return (power - 9) * steps + ((bytes - 1) >> (power - 3));
  }
  static std::size_t capacity_of(std::size_t number) {
    if (number < steps) return (number + 1) * unit;
    return (number % steps + steps + 1) << (number / steps + 5);
  }

  [[gnu::noinline]] static Pool* begin() {
    struct Owner {
      ~Owner() {
        delete std::exchange(local_, nullptr);
        ended_ = true;
      }
    };
    if (ended_) return nullptr;
    thread_local const Owner owner;
    (void)owner;
    return local_ = new Pool;
  }

  [[gnu::noinline]] static Block* fresh(Pool* pool, std::size_t capacity) {
    if (pool == nullptr) return new (from_system(sizeof(Block) + capacity)) Block{{0}, capacity, 0, nullptr};
    pool->keep_within_bound(capacity);
    void* memory = from_system(sizeof(Block) + capacity);
    ++pool->statistics_.from_system;
    return pool->hand_out(new (memory) Block{{0}, capacity, pool->id_, nullptr});
  }

  /// Makes room for a fresh block.
  void keep_within_bound(std::size_t fresh) {
    const std::size_t in_use = statistics_.in_use + fresh;
    const std::size_t most = std::max({in_use, statistics_.peak_in_use, most_in_use_});
    if (in_use + statistics_.free > 2 * most) release_free_blocks();
  }

  /// Takes fresh memory, if need be in exchange for all the free blocks, which were too small.
  static void* from_system(std::size_t bytes) {
    try {
      return operator new (bytes, std::align_val_t{64});
    } catch (const std::bad_alloc&) {
      if (local_ == nullptr || local_->statistics_.free == 0) throw;
      local_->release_free_blocks();
      return operator new (bytes, std::align_val_t{64});
    }
  }

  Block* take_free(std::size_t first, std::size_t last) {
    for (std::size_t number = first; number <= last; ++number) {
      Block*& list = free_[number];
      if (list == nullptr) continue;
      statistics_.free -= list->capacity;
      return hand_out(std::exchange(list, list->next_free));
    }
    return nullptr;
  }
  Block* hand_out(Block* block) {
    statistics_.in_use += block->capacity;
    statistics_.peak_in_use = std::max(statistics_.peak_in_use, statistics_.in_use);
    return block;
  }

  static std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }

  const std::uint64_t id_ = next_id();  // the pool of a later thread may stand at the address of an earlier one
  std::array<Block*, classes> free_{};
  MemoryStatistics statistics_;
  std::size_t most_in_use_ = std::size_t{1} << 20;  // before the peak was reset; less is not worth giving back
  // A plain pointer: an object would be asked at each use whether it is there yet.
  static thread_local Pool* local_;
  static thread_local bool ended_;
};

thread_local Pool* Pool::local_ = nullptr;
thread_local bool Pool::ended_ = false;

Buffer::Buffer(std::size_t bytes) : block_(Pool::take(bytes)) {
  block_->references.store(1, std::memory_order_relaxed);
#ifndef NDEBUG
  std::memset(data(), 0xFF, bytes);  // every bit set is a NaN, in float and in double: what is read unwritten shows
#endif
}

void Buffer::recycle(Block* block) noexcept { Pool::put(block); }

MemoryStatistics memory_statistics() {
  const Pool* pool = Pool::local();
  return pool != nullptr ? pool->statistics() : MemoryStatistics{};
}

void reset_peak_memory() {
  if (Pool* pool = Pool::local()) pool->reset_peak();
}

void trim_memory() {
  if (Pool* pool = Pool::local()) pool->release_free_blocks();
}

}  // namespace ebb
