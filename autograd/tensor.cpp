#include "tensor.hpp"

#include "parameter.hpp"
#include "tape.hpp"

namespace ebb {

template <class T>
Tensor<T> Operand<T>::tensor(SourceLocation at) const {
  if (!is_parameter()) return static_cast<const Tensor<T>&>(*this);
  return Tape<T>::leaf_or_constant(static_cast<const Parameter<T>&>(*this), at);
}

template <class T>
const Shape& Operand<T>::shape() const {
  return is_parameter() ? static_cast<const Parameter<T>&>(*this).shape()
                        : static_cast<const Tensor<T>&>(*this).shape();
}

template class Operand<float>;
template class Operand<double>;

}  // namespace ebb
