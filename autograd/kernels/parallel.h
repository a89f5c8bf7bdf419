#pragma once

#ifdef _OPENMP
#include <omp.h>
#endif

#include <algorithm>
#include <exception>

#include "../storage/shape.hpp"

// Work is shared among threads in one place, `parallel_for`. It calls a named function with the arguments that each
// unit of work takes, so that a backtrace shows that function right above the loop, and no lambdas between them.
namespace ebb::kernels {

/// The number of tiles that n elements make. The last tile may be smaller than `size`.
constexpr Index tiles_of(Index n, Index size) { return (n + size - 1) / size; }

/// Threads share work that passes over at least so many elements. Below, waking them would take longer than it saves.
inline constexpr Index shared_from = 1 << 15;

/// Multiplications and additions as an amount of work: passing over one element takes as long as 16 of them.
constexpr Index work_of_products(Index count) { return count / 16; }

/// The number of threads for `work`, which is about the number of elements to pass over. It is 1 inside of another
/// parallel loop.
inline int threads_for(Index work) {
#ifdef _OPENMP
  if (work >= shared_from && omp_in_parallel() == 0) return omp_get_max_threads();
#endif
  static_cast<void>(work);
  return 1;
}

/// An argument of `parallel_for`: a pointer, which is `step` elements further on for each unit.
template <class T>
struct Moving {
  T* data;
  Index step;
};

/// An argument of `parallel_for`: the numbers 0, step, 2 step, ...
struct Counter {
  Index step = 1;
};

/// An argument of `parallel_for`: the number of elements in each tile.
struct TileSizes {
  Index n, size;
};

/// The argument that unit i gets. An argument of any other type is the same for every unit.
template <class X>
const X& of_unit(const X& x, Index) {
  return x;
}
template <class T>
T* of_unit(const Moving<T>& x, Index i) {
  return x.data + i * x.step;
}
inline Index of_unit(const Counter& x, Index i) { return i * x.step; }
inline Index of_unit(const TileSizes& x, Index i) { return std::min(x.size, x.n - i * x.size); }

/// Has a process that is forked from now on work with one thread: fork() copies none of the others, and OpenMP would
/// wait for them for ever.
void stay_alone_after_fork();
/// Returns true in a process that was forked from one with several threads.
bool alone_after_fork();

/// The part of `parallel_for` that runs on several threads. It takes copies, so that the caller's arguments can stay in
/// registers where one thread is enough.
template <class F, class... X>
[[gnu::noinline]] void share_among_threads(Index n, F f, X... x) {
  stay_alone_after_fork();
  std::exception_ptr thrown;  // OpenMP forbids that an exception leaves the loop: one is kept, and thrown after it
#pragma omp parallel for schedule(static)
  for (Index i = 0; i < n; ++i) {
    try {
      f(of_unit(x, i)...);
    } catch (...) {
#pragma omp critical(ebb_parallel_for)
      thrown = std::current_exception();
    }
  }
  if (thrown) std::rethrow_exception(thrown);
}

/// Calls f(x...) for the units 0, ..., n - 1, with the arguments that `of_unit` gives each; on several threads where
/// `work`, which is about the number of elements to pass over, is worth it. No unit may depend on another, so that the
/// result is the same on any number of threads.
template <class F, class... X>
[[gnu::always_inline]] inline void parallel_for(Index n, Index work, F f, const X&... x) {
  if (n == 1) return f(of_unit(x, 0)...);  // the most frequent case: the compiler can leave out all arithmetic on units
  if (n > 1 && threads_for(work) > 1) return share_among_threads(n, f, x...);
  for (Index i = 0; i < n; ++i) f(of_unit(x, i)...);
}

/// n elements or rows in tiles of `size`, the last one maybe smaller. Each tile is a unit of `parallel_for`.
struct Tiles {
  Index n, size;

  Index count() const { return tiles_of(n, size); }
  /// The number of elements or rows in each tile.
  TileSizes sizes() const { return {n, size}; }
  /// The number of the first element or row of each tile.
  Counter starts() const { return {size}; }
  /// The place of each tile in an array that begins at x, with rows of `width` elements.
  template <class T>
  Moving<T> of(T* x, Index width = 1) const {
    return {x, size * width};
  }
};

/// Tiles for work that is cheap for each element.
constexpr Tiles element_tiles(Index n) { return {n, 1 << 12}; }

/// Tiles of rows that hold about as many elements each, however wide the rows are.
constexpr Tiles row_tiles(Index rows, Index width) {
  return {rows, std::max<Index>(1, (1 << 13) / std::max<Index>(1, width))};
}

}  // namespace ebb::kernels
