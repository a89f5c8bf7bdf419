#include "threads.hpp"

#include <fmt/format.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "../autograd/base/error.hpp"

namespace ebb {

int threads() {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

void set_threads(int count) {
  if (count < 1) throw Error(fmt::format("set_threads({}): there must be at least one", count));
#ifdef _OPENMP
  omp_set_num_threads(count);
#endif
}

}  // namespace ebb
