#include "positions.hpp"

#include <fmt/format.h>

#include "../autograd/called_at.h"
#include "../autograd/kernels/initialization.h"
#include "../ops/ops.hpp"
#include "layer_shape.h"

namespace ebb::nn {

namespace {

template <class T>
Tensor<T> add_positions(const Tensor<T>& x, Index first, const Operand<T>& table, const Shape& shape,
                        SourceLocation at) {
  if (first < 0 || x.rank() < 2 || x.extent(-1) != shape[1] || x.extent(-2) > shape[0] - first)
    throw error_at(
        fmt::format("positions of a context of {} and width {} need an input of shape [..., length up to {}, {}], but "
                    "got {}{}",
                    shape[0], shape[1], shape[0], shape[1], to_string(x.shape()),
                    first != 0 ? fmt::format(" from position {}", first) : ""),
        at);
  return add(x, slice(table, 0, Range{first > 0 ? std::optional(first) : std::nullopt, first + x.extent(-2)}, at), at);
}

}  // namespace

template <class T>
LearnedPositions<T>::LearnedPositions(Index context, Index width, Generator& generator, Init init)
    : table(initialize<T>(layer_shape("LearnedPositions", {context, width}), init, generator), "table") {}

template <class T>
Tensor<T> LearnedPositions<T>::operator()(const Tensor<T>& x, Index first, SourceLocation at) const {
  return add_positions<T>(x, first, table, table.shape(), at);
}

template <class T>
SinusoidalPositions<T>::SinusoidalPositions(Index context, Index width) {
  Array<T> values(layer_shape("SinusoidalPositions", {context, width}));
  kernels::sinusoids(context, width, values.mutable_data());
  table = values;
}

template <class T>
Tensor<T> SinusoidalPositions<T>::operator()(const Tensor<T>& x, Index first, SourceLocation at) const {
  return add_positions<T>(x, first, table, table.shape(), at);
}

template struct LearnedPositions<float>;
template struct LearnedPositions<double>;
template struct SinusoidalPositions<float>;
template struct SinusoidalPositions<double>;

}  // namespace ebb::nn
