#pragma once

#include "../autograd/tensor.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The keys and values of the positions that a layer of attention has seen, so that a text which is generated position
/// by position is not computed anew for each. One for each layer, made empty:
///
///     std::vector<ebb::nn::KeyValueCache<float>> caches(model.blocks.size());
template <class T = float>
class KeyValueCache {
 public:
  /// The number of positions.
  Index length() const { return keys_.defined() ? keys_.extent(-2) : 0; }
  /// [..., length, width]; undefined while it is empty.
  const Tensor<T>& keys() const { return keys_; }
  const Tensor<T>& values() const { return values_; }
  /// Adds the keys and values of further positions, [..., more, width].
  void append(const Tensor<T>& keys, const Tensor<T>& values);
  void clear() { *this = {}; }

 private:
  Tensor<T> keys_, values_;
};

extern template class KeyValueCache<float>;
extern template class KeyValueCache<double>;

}  // namespace nn
}  // namespace ebb
