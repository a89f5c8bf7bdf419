#include "key_value_cache.hpp"

#include "../ops/ops.hpp"

namespace ebb::nn {

template <class T>
void KeyValueCache<T>::append(const Tensor<T>& keys, const Tensor<T>& values) {
  const NoRecording off;
  const Tensor<T> all_keys = keys_.defined() ? concatenate({keys_, keys}, -2) : keys.detach();
  values_ = values_.defined() ? concatenate({values_, values}, -2) : values.detach();
  keys_ = all_keys;
}

template class KeyValueCache<float>;
template class KeyValueCache<double>;

}  // namespace ebb::nn
