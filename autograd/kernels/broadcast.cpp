#include "broadcast.h"

#include <utility>

#include "broadcast_loops.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

/// The distance that an operand moves per element of a result of this size; -1 if it is not the same everywhere.
Index step_of(Index operand_size, Index size) { return operand_size == size ? 1 : operand_size == 1 ? 0 : -1; }

/// An argument of parallel_for: an operand that moves by the same step everywhere, for tiles of `size` elements.
template <class T>
struct MovingOperand {
  Strided<T> first;
  Index size;
};
template <class T>
Strided<T> of_unit(const MovingOperand<T>& x, Index i) {
  return {x.first.data + i * x.size * x.first.step, x.first.step};
}

template <std::size_t... k, class Y, class... X>
void broadcast_row(std::index_sequence<k...>, const RowCursor<sizeof...(X)>& row,
                   const std::array<Index, sizeof...(X)>& step, void (*kernel)(Index, Y*, Strided<X>...), Y* y,
                   const X*... x) {
  kernel(row.size(), y + row.before(), {x + row.offset()[k], step[k]}...);
}

template <class Y, class... X>
void broadcast_rows(Index first, Index count, const BroadcastLoops<sizeof...(X)>& loops,
                    void (*kernel)(Index, Y*, Strided<X>...), Y* y, const X*... x) {
  for (RowCursor row(loops, first, first + count); !row.done(); row.next())
    broadcast_row(std::index_sequence_for<X...>(), row, loops.inner_stride(), kernel, y, x...);
}

}  // namespace

template <class Y, class... X>
void broadcast(void (*kernel)(Index, Y*, Strided<X>...), Array<Y>& y, std::type_identity_t<BroadcastOperand<X>>... x) {
  Y* to = y.mutable_data();
  const Index size = y.size();
  const Tiles tiles = element_tiles(size);
  if (((step_of(x.size, size) >= 0) && ...))
    parallel_for(tiles.count(), size, kernel, tiles.sizes(), tiles.of(to),
                 MovingOperand<X>{{x.array.data(), step_of(x.size, size)}, tiles.size}...);
  else
    parallel_for(tiles.count(), size, broadcast_rows<Y, X...>, tiles.starts(), tiles.sizes(),
                 BroadcastLoops<sizeof...(X)>(y.shape(), {x.array.shape()...}), kernel, to, x.array.data()...);
}

#define EBB_INSTANTIATE(T)                                                                                        \
  template void broadcast(void (*)(Index, T*, Strided<T>), Array<T>&, BroadcastOperand<T>);                       \
  template void broadcast(void (*)(Index, T*, Strided<T>, Strided<T>), Array<T>&, BroadcastOperand<T>,            \
                          BroadcastOperand<T>);                                                                   \
  template void broadcast(void (*)(Index, std::int32_t*, Strided<T>, Strided<T>), IntArray&, BroadcastOperand<T>, \
                          BroadcastOperand<T>);                                                                   \
  template void broadcast(void (*)(Index, T*, Strided<std::int32_t>, Strided<T>, Strided<T>), Array<T>&,          \
                          BroadcastOperand<std::int32_t>, BroadcastOperand<T>, BroadcastOperand<T>);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)
template void broadcast(void (*)(Index, std::int32_t*, Strided<std::int32_t>, Strided<std::int32_t>), IntArray&,
                        BroadcastOperand<std::int32_t>, BroadcastOperand<std::int32_t>);
template void broadcast(void (*)(Index, std::int32_t*, Strided<std::int32_t>, Strided<std::int32_t>,
                                 Strided<std::int32_t>),
                        IntArray&, BroadcastOperand<std::int32_t>, BroadcastOperand<std::int32_t>,
                        BroadcastOperand<std::int32_t>);

}  // namespace ebb::kernels
