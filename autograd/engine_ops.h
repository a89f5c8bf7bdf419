#pragma once

#include "op.hpp"

// Two of the engine's own operations, which cannot be called from their inputs and attributes alone.
namespace ebb {

/// Returns true for the op of a record that checkpoint() made.
template <class T>
bool is_checkpoint(const Op<T>& op);
/// Returns true for the op that sums two adjoints of one value.
template <class T>
bool is_accumulation(const Op<T>& op);

}  // namespace ebb
