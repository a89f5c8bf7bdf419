#include "depthwise.h"

#include "row.h"

namespace ebb::kernels {

namespace EBB_ISA {
namespace {

constexpr int strands = 4;  // vectors of channels that are summed at a time, in registers

template <class T>
void over_taps(Index channels, Index n, const Index* from, const Index* at, const T* x, const T* weight, const T* bias,
               T* y) {
  Index c = 0;
  for (; c + strands * lanes<T> <= channels; c += strands * lanes<T>) {
    Vector<T> sums[strands];
    for (int k = 0; k < strands; ++k)
      sums[k] = bias != nullptr ? Vector<T>::load_unaligned(bias + c + k * lanes<T>) : Vector<T>(T{0});
    for (Index t = 0; t < n; ++t)
      for (int k = 0; k < strands; ++k)
        sums[k] = fma<T>(Vector<T>::load_unaligned(x + from[t] + c + k * lanes<T>),
                         Vector<T>::load_unaligned(weight + at[t] + c + k * lanes<T>), sums[k]);
    for (int k = 0; k < strands; ++k) sums[k].store_unaligned(y + c + k * lanes<T>);
  }
  for_each_vector<T>(channels - c, [=](auto place) {
    Vector<T> sum = bias != nullptr ? place.load(bias + c) : Vector<T>(T{0});
    for (Index t = 0; t < n; ++t) sum = fma<T>(place.load(x + from[t] + c), place.load(weight + at[t] + c), sum);
    place.store(sum, y + c);
  });
}

template <class T>
void over_places(Index channels, Index n, const T* x, Index x_step, const T* y, Index y_step, T* sum) {
  Index c = 0;
  for (; c + strands * lanes<T> <= channels; c += strands * lanes<T>) {
    Vector<T> sums[strands];
    for (int k = 0; k < strands; ++k) sums[k] = Vector<T>(T{0});
    for (Index p = 0; p < n; ++p)
      for (int k = 0; k < strands; ++k)
        sums[k] = fma<T>(Vector<T>::load_unaligned(x + p * x_step + c + k * lanes<T>),
                         Vector<T>::load_unaligned(y + p * y_step + c + k * lanes<T>), sums[k]);
    for (int k = 0; k < strands; ++k) {
      T* const to = sum + c + k * lanes<T>;
      (Vector<T>::load_unaligned(to) + sums[k]).store_unaligned(to);
    }
  }
  for_each_vector<T>(channels - c, [=](auto place) {
    Vector<T> part(T{0});
    for (Index p = 0; p < n; ++p) part = fma<T>(place.load(x + p * x_step + c), place.load(y + p * y_step + c), part);
    place.store(place.load(sum + c) + part, sum + c);
  });
}

template <class T>
constexpr DepthwiseKernels<T> depthwise_kernels{over_taps<T>, over_places<T>};

}  // namespace
}  // namespace EBB_ISA

EBB_DEFINE_TABLE(DepthwiseKernels, EBB_ISA::depthwise_kernels)

}  // namespace ebb::kernels
