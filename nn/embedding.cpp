#include "embedding.hpp"

#include "../ops/ops.hpp"
#include "layer_shape.h"

namespace ebb::nn {

template <class T>
Embedding<T>::Embedding(Index count, Index width, Generator& generator, Init init)
    : table(initialize<T>(layer_shape("Embedding", {count, width}), init, generator), "table") {}

template <class T>
Tensor<T> Embedding<T>::operator()(const IntArray& ids, SourceLocation at) const {
  return embedding(table, ids, at);
}

template <class T>
Tensor<T> Embedding<T>::logits(const Tensor<T>& x, SourceLocation at) const {
  return matmul(x, table, {.transpose_b = true}, at);
}

template struct Embedding<float>;
template struct Embedding<double>;

}  // namespace ebb::nn
