#include "key.hpp"

#include "kernels/random.h"

namespace ebb EBB_PUBLIC {

Key Key::child(std::uint64_t number) const {
  // The stream of a child is drawn from a domain of counters that no tensor is large enough to reach.
  const auto words = kernels::random_bits(seed, stream, number | (std::uint64_t{1} << 63));
  return {(std::uint64_t{words[1]} << 32) | words[0], (std::uint64_t{words[3]} << 32) | words[2]};
}

}  // namespace ebb
