#include "threads.hpp"

#include <fmt/format.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/parallel.h"

namespace ebb {

namespace {

constexpr int most_threads = 1024;  // OpenMP ends the process where it cannot start as many as it was told

}  // namespace

int threads() {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

void set_threads(int count) {
  if (count < 1 || count > most_threads)
    throw Error(fmt::format("set_threads({}): there must be at least one, and at most {}", count, most_threads));
  if (count > 1 && kernels::alone_after_fork())
    throw Error(
        fmt::format("set_threads({}): this process was forked from one with several threads, and can use one", count));
#ifdef _OPENMP
  omp_set_num_threads(count);
#endif
}

}  // namespace ebb
