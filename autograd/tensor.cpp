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
Tensor<T>::Tensor(std::initializer_list<std::initializer_list<T>> rows) : Operand<T>(Slot{}) {
  std::vector<T> values;
  for (const auto& row : rows) {
    if (row.size() != rows.begin()->size())
      throw Error(
          fmt::format("the rows of a matrix in braces are of one length, but have {} and {} values; a shape and its "
                      "values stand in parentheses: Tensor({{2, 3}}, {{1, 2, 3, 4, 5, 6}})",
                      rows.begin()->size(), row.size()));
    values.insert(values.end(), row);
  }
  value_ = Array<T>({rows.size(), rows.size() == 0 ? 0 : rows.begin()->size()}, values);
}

template class Operand<float>;
template class Operand<double>;
template Tensor<float>::Tensor(std::initializer_list<std::initializer_list<float>>);
template Tensor<double>::Tensor(std::initializer_list<std::initializer_list<double>>);

}  // namespace ebb
