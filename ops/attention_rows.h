#pragma once

#include "../autograd/op.hpp"

namespace ebb {

/// Weights of attention, and where they were allowed to be other than 0: the mask broadcasts to the weights, and is
/// undefined if nothing was forbidden.
template <class T>
struct AttentionRows {
  Tensor<T> weights;  // [..., queries, keys]
  IntArray allowed;
};

/// Those of a record of fused attention, computed anew from what it saved; undefined for other records.
template <class T>
AttentionRows<T> recorded_rows(const Record<T>& record);

}  // namespace ebb
