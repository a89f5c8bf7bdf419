#include "key.hpp"

#include "kernels/random.h"

namespace ebb EBB_PUBLIC {

namespace {

// The streams of derived keys are drawn from domains of counters that no tensor is large enough to reach.
enum class Domain : std::uint64_t { generator = std::uint64_t{1} << 63, child = std::uint64_t{3} << 62 };

Key derived(const Key& key, Domain domain, std::uint64_t number) {
  const auto words = kernels::random_bits(key.seed, key.stream, number | static_cast<std::uint64_t>(domain));
  return {(std::uint64_t{words[1]} << 32) | words[0], (std::uint64_t{words[3]} << 32) | words[2]};
}

}  // namespace

Key Key::child(std::uint64_t number) const { return derived(*this, Domain::child, number); }

Key Generator::next() { return derived(root_, Domain::generator, count_++); }

}  // namespace ebb
