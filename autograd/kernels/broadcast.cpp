#include "broadcast.h"

#include <utility>

#include "broadcast_loops.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

/// How far an operand moves per element of a result of this size: -1 if not everywhere alike.
Index step_of(Index operand_size, Index size) { return operand_size == size ? 1 : operand_size == 1 ? 0 : -1; }

template <std::size_t... k, class Y, class... X>
void broadcast(std::index_sequence<k...>, void (*row)(Index, Y*, Strided<X>...), Array<Y>& y, const Array<X>&... x) {
  Y* to = y.mutable_data();
  const Index size = y.size();
  const std::array<Index, sizeof...(X)> step{step_of(x.size(), size)...};
  if (((step[k] >= 0) && ...)) {
    parallel_tiles(size, [&](Index i, Index n) { row(n, to + i, {x.data() + i * step[k], step[k]}...); });
  } else {
    const BroadcastLoops<sizeof...(X)> loops(y.shape(), {x.shape()...});
    const auto& inner = loops.inner_stride();
    parallel_tiles(size, [&](Index first, Index count) {
      loops.for_each_row(first, first + count, [&](Index i, const auto& from, Index n) {
        row(n, to + i, {x.data() + from[k], inner[k]}...);
      });
    });
  }
}

}  // namespace

template <class Y, class... X>
void broadcast(void (*row)(Index, Y*, Strided<X>...), Array<Y>& y, const Array<X>&... x) {
  broadcast(std::index_sequence_for<X...>(), row, y, x...);
}

#define EBB_INSTANTIATE(T)                                                                                           \
  template void broadcast(void (*)(Index, T*, Strided<T>), Array<T>&, const Array<T>&);                              \
  template void broadcast(void (*)(Index, T*, Strided<T>, Strided<T>), Array<T>&, const Array<T>&, const Array<T>&); \
  template void broadcast(void (*)(Index, std::int32_t*, Strided<T>, Strided<T>), IntArray&, const Array<T>&,        \
                          const Array<T>&);                                                                          \
  template void broadcast(void (*)(Index, T*, Strided<std::int32_t>, Strided<T>, Strided<T>), Array<T>&,             \
                          const IntArray&, const Array<T>&, const Array<T>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)
template void broadcast(void (*)(Index, std::int32_t*, Strided<std::int32_t>, Strided<std::int32_t>), IntArray&,
                        const IntArray&, const IntArray&);

}  // namespace ebb::kernels
