#include "dropout.hpp"

#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../ops/ops.hpp"

namespace ebb::nn {

template <class T>
Dropout<T>::Dropout(double p) : probability(p) {
  if (!(p >= 0 && p < 1)) throw Error(fmt::format("Dropout({}): the probability must be within [0, 1]", p));
}

template <class T>
Tensor<T> Dropout<T>::operator()(const Tensor<T>& x, std::optional<Key> key, SourceLocation at) const {
  return key && probability > 0 ? dropout(x, probability, *key, at) : x;
}

template struct Dropout<float>;
template struct Dropout<double>;

}  // namespace ebb::nn
