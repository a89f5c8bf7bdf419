#include "indexing.hpp"

#include <algorithm>

namespace ebb::kernels {

Index first_outside(const std::int32_t* indices, Index count, Index extent) {
  for (Index i = 0; i < count; ++i)
    if (indices[i] < 0 || indices[i] >= extent) return i;
  return -1;
}

template <class T>
void gather(Index outer, Index extent, Index inner, const T* x, const std::int32_t* indices, Index count, T* y) {
  for (Index o = 0; o < outer; ++o)
    for (Index j = 0; j < count; ++j)
      std::copy_n(x + (o * extent + indices[j]) * inner, inner, y + (o * count + j) * inner);
}

template <class T>
void scatter_add(Index outer, Index extent, Index inner, const T* updates, const std::int32_t* indices, Index count,
                 T* y) {
  for (Index o = 0; o < outer; ++o)
    for (Index j = 0; j < count; ++j) {
      const T* from = updates + (o * count + j) * inner;
      T* to = y + (o * extent + indices[j]) * inner;
      for (Index i = 0; i < inner; ++i) to[i] += from[i];
    }
}

template <class T>
void take_along_axis(Index outer, Index extent, Index inner, const T* x, const std::int32_t* indices, Index count,
                     T* y) {
  for (Index o = 0; o < outer; ++o)
    for (Index j = 0; j < count; ++j)
      for (Index i = 0; i < inner; ++i) {
        const Index at = (o * count + j) * inner + i;
        y[at] = x[(o * extent + indices[at]) * inner + i];
      }
}

template <class T>
void add_along_axis(Index outer, Index extent, Index inner, const T* updates, const std::int32_t* indices, Index count,
                    T* y) {
  for (Index o = 0; o < outer; ++o)
    for (Index j = 0; j < count; ++j)
      for (Index i = 0; i < inner; ++i) {
        const Index at = (o * count + j) * inner + i;
        y[(o * extent + indices[at]) * inner + i] += updates[at];
      }
}

#define EBB_INSTANTIATE(T)                                                                      \
  template void gather(Index, Index, Index, const T*, const std::int32_t*, Index, T*);          \
  template void scatter_add(Index, Index, Index, const T*, const std::int32_t*, Index, T*);     \
  template void take_along_axis(Index, Index, Index, const T*, const std::int32_t*, Index, T*); \
  template void add_along_axis(Index, Index, Index, const T*, const std::int32_t*, Index, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
