#include "tensor.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/error.hpp"
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

template <class T>
Tensor<T>::Tensor(std::initializer_list<std::initializer_list<T>> rows) : Tensor(Array<T>::of_rows(rows)) {}

template class Operand<float>;
template class Operand<double>;
template Tensor<float>::Tensor(std::initializer_list<std::initializer_list<float>>);
template Tensor<double>::Tensor(std::initializer_list<std::initializer_list<double>>);

}  // namespace ebb
