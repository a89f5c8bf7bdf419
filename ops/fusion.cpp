#include "fusion.hpp"

#include <cstdlib>
#include <string_view>

namespace ebb {

namespace {

bool& fused() {
  thread_local bool here = [] {
    const char* asked = std::getenv("EBB_FUSED");
    return asked == nullptr || std::string_view(asked) != "0";
  }();
  return here;
}

}  // namespace

bool fused_operations() { return fused(); }

FusedOperations::FusedOperations(bool on) : outer_(fused()) { fused() = on; }
FusedOperations::~FusedOperations() { fused() = outer_; }

}  // namespace ebb
