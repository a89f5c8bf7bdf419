#include "key.hpp"

#include "kernels/random.h"

namespace ebb EBB_PUBLIC {

Key Key::child(std::uint64_t number) const {
  const auto [child_seed, child_stream] = kernels::derived_key(seed, stream, kernels::Counters::child, number);
  return {child_seed, child_stream};
}

}  // namespace ebb
