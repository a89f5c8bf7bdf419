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

/// Hands out a new key at each call: for initialisation, where the order of calls is fixed. Passed by reference: it
/// cannot be copied, since a copy would hand out the same keys again.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : root_{seed, 0} {}
  Generator(const Generator&) = delete;             // take it by reference: Model(ebb::Generator& generator)
  Generator& operator=(const Generator&) = delete;  // take it by reference: Model(ebb::Generator& generator)
  Generator(Generator&&) = default;
  Generator& operator=(Generator&&) = default;
  /// The next child of the key {seed, 0}: for other numbers, take a key of another seed or stream.
  Key next();

 private:
  Key root_;
  std::uint64_t count_ = 0;
};

}  // namespace ebb
