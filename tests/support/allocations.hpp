// Takes the place of the program's operators new and delete: include it in one file of a test program.
#pragma once

#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

#include "check.hpp"

namespace ebb_test {

/// The memory that this thread has taken and not given back, and how much it may still take.
struct ThreadMemory {
  static constexpr long unlimited = std::numeric_limits<long>::max();
  long bytes = 0, peak = 0, most = unlimited, allocations_left = unlimited;
};
inline thread_local ThreadMemory thread_memory;

inline void* allocate(std::size_t size, std::size_t alignment) {
  ThreadMemory& memory = thread_memory;
  if (memory.allocations_left <= 0 || memory.bytes + static_cast<long>(size) > memory.most) throw std::bad_alloc();
  if (memory.allocations_left != ThreadMemory::unlimited) --memory.allocations_left;
  void* block = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (block == nullptr) throw std::bad_alloc();
  memory.bytes += static_cast<long>(::malloc_usable_size(block));
  memory.peak = std::max(memory.peak, memory.bytes);
  return block;
}
inline void release(void* block) noexcept {
  if (block != nullptr) thread_memory.bytes -= static_cast<long>(::malloc_usable_size(block));
  std::free(block);
}

/// While it is in scope, this thread gets memory so many more times, and then no more.
struct AllocationsLeft {
  explicit AllocationsLeft(long count) { thread_memory.allocations_left = count; }
  ~AllocationsLeft() { thread_memory.allocations_left = ThreadMemory::unlimited; }
};

/// While it is in scope, this thread gets so many more bytes than it holds now.
struct BytesLeft {
  explicit BytesLeft(long bytes) { thread_memory.most = thread_memory.bytes + bytes; }
  ~BytesLeft() { thread_memory.most = ThreadMemory::unlimited; }
};

/// The most bytes that this thread holds at once while `f` runs, beyond those that it held before.
template <class F>
long peak_of(F f) {
  const long before = thread_memory.peak = thread_memory.bytes;
  f();
  return thread_memory.peak - before;
}

/// Calls `f` with memory for no allocation, for one, for two, and so on, until it succeeds; before that it must throw
/// std::bad_alloc or Error. Returns how often it failed. `after_failure` is called each time.
template <class F, class G>
long failures_before_success(F f, G after_failure) {
  for (long count = 0;; ++count) {
    try {
      const AllocationsLeft left(count);
      f();
      return count;
    } catch (const std::bad_alloc&) {
    } catch (const ebb::Error&) {
    }
    after_failure();
  }
}

}  // namespace ebb_test

void* operator new(std::size_t size) { return ebb_test::allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return ebb_test::allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept try {
  return operator new(size);
} catch (const std::bad_alloc&) {
  return nullptr;
}
void operator delete(void* block) noexcept { ebb_test::release(block); }
void operator delete(void* block, std::size_t) noexcept { ebb_test::release(block); }
void operator delete(void* block, std::align_val_t) noexcept { ebb_test::release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { ebb_test::release(block); }
