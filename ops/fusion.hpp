#pragma once

#include "../autograd/base/visibility.hpp"

namespace ebb EBB_PUBLIC {

/// Returns true if linear(), layer_norm(), rms_norm(), attention and recurrences run as one record each. They do by
/// default, unless the environment variable EBB_FUSED is 0; without it they are made of primitive ops, for stepping
/// through.
bool fused_operations();

/// Turns fused operations on or off for this thread, until the object ends.
class FusedOperations {
 public:
  explicit FusedOperations(bool on);
  ~FusedOperations();
  FusedOperations(const FusedOperations&) = delete;
  FusedOperations& operator=(const FusedOperations&) = delete;

 private:
  bool outer_;
};

}  // namespace ebb
