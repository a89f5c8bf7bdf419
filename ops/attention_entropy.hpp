#pragma once

#include <string>

#include "../autograd/base/visibility.hpp"
#include "../autograd/inspect/break_when.hpp"

namespace ebb EBB_PUBLIC {

/// A condition to break at: stops where a row of attention weights A has an entropy, -sum_j A_j log A_j in nats, below
/// this bound. Such a row is nearly one-hot, and its softmax lets next to no gradient through. It looks at each softmax
/// and at fused attention, whose weights it computes for the purpose; rows that may attend to one position at most have
/// no choice, and are left out.
///
///     break_when(tape, ebb::attention_entropy{.below = 0.01});
struct attention_entropy {
  template <class T>
  std::string operator()(const Event<T>& event) const;
  double below = 0;
};

}  // namespace ebb
