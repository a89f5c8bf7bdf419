#pragma once

#include <cstddef>
#include <cstdint>

#include "../base/visibility.hpp"

// The memory that arrays live in. Each thread recycles its own: a block that is no longer used serves the next array of
// about its size.

namespace ebb EBB_PUBLIC {

/// The memory of the arrays that this thread made, in bytes.
struct MemoryStatistics {
  std::size_t in_use = 0;         ///< Held by arrays; those that another thread let go of last still count.
  std::size_t peak_in_use = 0;    ///< The most that were in use at once, since the last reset_peak_memory().
  std::size_t free = 0;           ///< Held for reuse; with what is in use, no more than twice what ever was, or 2 MiB.
  std::uint64_t from_system = 0;  ///< How many blocks the system was asked for; constant once training is under way.
};

/// Reads the statistics of the calling thread.
MemoryStatistics memory_statistics();
/// Starts `peak_in_use` anew, at what is in use now.
void reset_peak_memory();
/// Gives back to the system what this thread holds for reuse. An array that finds no memory does this by itself.
void trim_memory();

}  // namespace ebb
