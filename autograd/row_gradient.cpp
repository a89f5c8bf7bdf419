#include "row_gradient.h"

#include <algorithm>
#include <vector>

#include "kernels/indexing.h"

namespace ebb {

namespace {

Index width_of(const Shape& shape) { return shape.size() / std::max<Index>(shape[0], 1); }

}  // namespace

template <class T>
Rows<T> sum_of_rows(const Shape& shape, std::span<const Rows<T>> parts) {
  std::vector<std::int32_t> numbers;
  for (const Rows<T>& part : parts)
    numbers.insert(numbers.end(), part.numbers.data(), part.numbers.data() + part.count());
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  const Index count = static_cast<Index>(numbers.size()), width = width_of(shape);
  Rows<T> sum{IntArray(Shape{count}, numbers), Array<T>(shape.with(0, count), T{0})};
  for (const Rows<T>& part : parts) {
    IntArray places(Shape{part.count()});
    std::transform(part.numbers.data(), part.numbers.data() + part.count(), places.mutable_data(), [&](auto number) {
      return static_cast<std::int32_t>(std::lower_bound(numbers.begin(), numbers.end(), number) - numbers.begin());
    });
    kernels::scatter_add(1, count, width, part.values.data(), places.data(), part.count(), sum.values.mutable_data());
  }
  return sum;
}

template <class T>
void spread_rows(const Shape& shape, const Rows<T>& rows, T* to) {
  kernels::scatter_add(1, shape[0], width_of(shape), rows.values.data(), rows.numbers.data(), rows.count(), to);
}

template <class T>
Array<T> whole_of(const Shape& shape, std::span<const Rows<T>> parts) {
  Array<T> whole(shape, T{0});
  for (const Rows<T>& part : parts) spread_rows(shape, part, whole.mutable_data());
  return whole;
}

#define EBB_INSTANTIATE(T)                                              \
  template Rows<T> sum_of_rows(const Shape&, std::span<const Rows<T>>); \
  template void spread_rows(const Shape&, const Rows<T>&, T*);          \
  template Array<T> whole_of(const Shape&, std::span<const Rows<T>>);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
