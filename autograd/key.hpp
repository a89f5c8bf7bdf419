#pragma once

#include <cstdint>

#include "base/visibility.hpp"

namespace ebb EBB_PUBLIC {

/// The name of one stream of random numbers. The same key always gives the same numbers, whatever ran before and on
/// however many threads. Counter-based: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
/// 3").
struct Key {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;

  /// The key of an independent stream: one for each layer, or each step.
  Key child(std::uint64_t number) const;
};

}  // namespace ebb
