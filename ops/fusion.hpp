#pragma once

#include "../autograd/base/visibility.hpp"

namespace ebb EBB_PUBLIC {

/// Returns true if linear(), layer_norm(), rms_norm() and attention run as one record each. They do by default,
/// unless the environment variable EBB_FUSED is 0; without it they are made of primitive ops, for stepping through.
bool fused_operations();

/// Sets it for the operations that this thread calls from here on, and puts it back at its end.
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
