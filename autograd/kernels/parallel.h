#pragma once

#ifdef _OPENMP
#include <omp.h>
#endif

#include <algorithm>
#include <exception>

#include "../storage/shape.hpp"

namespace ebb::kernels {

/// How many tiles of a size n elements make, the last one maybe smaller.
constexpr Index tiles_of(Index n, Index size) { return (n + size - 1) / size; }

/// How many threads are worth it for `work`, about so many elements to pass over: one inside another shared loop.
inline int threads_for(Index work) {
#ifdef _OPENMP
  if (work >= 1 << 15 && omp_in_parallel() == 0) return omp_get_max_threads();
#endif
  static_cast<void>(work);
  return 1;
}

/// Calls body(0), ..., body(n - 1), on several threads where `work`, about so many elements to pass over, is worth it.
/// No call may depend on another, so that the result is the same on any number of threads.
template <class Body>
void parallel_for(Index n, Index work, Body body) {
  if (n > 1 && threads_for(work) > 1) {
    std::exception_ptr thrown;  // one of them, which must not leave the loop on a thread of it: there is no memory, say
#pragma omp parallel for schedule(static)
    for (Index i = 0; i < n; ++i) {
      try {
        body(i);
      } catch (...) {
#pragma omp critical(ebb_parallel_for)
        thrown = std::current_exception();
      }
    }
    if (thrown) std::rethrow_exception(thrown);
  } else {  // not by an `if` clause: OpenMP takes longer over a team of one than a small operation does
    for (Index i = 0; i < n; ++i) body(i);
  }
}

/// The work of so many multiplications and additions, as the loops count it: passing over one element takes as long
/// as 16.
constexpr Index work_of_products(Index count) { return count / 16; }

/// Calls body(first, count) for tiles of n elements, maybe on several threads: what is cheap for each element.
template <class Body>
void parallel_tiles(Index n, Body body) {
  constexpr Index tile = 1 << 12;
  if (n <= tile)
    body(Index{0}, n);
  else
    parallel_for(tiles_of(n, tile), n, [&](Index k) { body(k * tile, std::min(tile, n - k * tile)); });
}

/// The same for blocks of rows of so many elements, however few or many.
template <class Body>
void parallel_rows(Index rows, Index width, Body body) {
  const Index block = std::max<Index>(1, (1 << 13) / std::max<Index>(1, width));
  parallel_for(tiles_of(rows, block), rows * width,
               [&](Index k) { body(k * block, std::min(block, rows - k * block)); });
}

}  // namespace ebb::kernels
