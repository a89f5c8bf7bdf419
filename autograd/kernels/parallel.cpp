#include "parallel.h"

#ifdef _OPENMP
#include <pthread.h>
#endif

namespace ebb::kernels {

#ifdef _OPENMP

namespace {

bool forked = false;

void in_child() {
  forked = true;
  omp_set_num_threads(1);
}

}  // namespace

void stay_alone_after_fork() {
  static const int registered = pthread_atfork(nullptr, nullptr, in_child);
  static_cast<void>(registered);
}

bool alone_after_fork() { return forked; }

#else

void stay_alone_after_fork() {}
bool alone_after_fork() { return false; }

#endif

}  // namespace ebb::kernels
