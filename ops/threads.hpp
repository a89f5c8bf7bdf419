#pragma once

#include "../autograd/base/visibility.hpp"

namespace ebb EBB_PUBLIC {

/// The number of threads that an operation may use if this thread calls it: all cores unless set. Results do not
/// depend on it.
int threads();
/// Throws Error unless the count is at least 1 and at most 1024. Without effect in a build without OpenMP,
/// which uses one. A process that was forked from one with several threads uses one too, and throws Error for more.
void set_threads(int count);

}  // namespace ebb
