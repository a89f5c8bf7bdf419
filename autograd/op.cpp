#include "op.hpp"

#include "reverse_sweep.h"

namespace ebb EBB_PUBLIC {

template <class T>
std::string parameter_name(const Record<T>& record) {
  if (record.parameter == nullptr || record.parameter->name.empty() || record.scope->empty())
    return record.parameter != nullptr ? record.parameter->name : std::string();
  return *record.scope + '.' + record.parameter->name;
}

template std::string parameter_name(const Record<float>&);
template std::string parameter_name(const Record<double>&);

template <class T>
bool Adjoints<T>::needs(std::size_t input) const {
  return sweep_.needs(record_.inputs[input]);
}

template <class T>
const Shape& Adjoints<T>::shape(std::size_t input) const {
  return sweep_.tape()[record_.inputs[input]].shape;
}

template <class T>
void Adjoints<T>::add(std::size_t input, Tensor<T> adjoint) {
  sweep_.add(record_, input, std::move(adjoint));
}

template <class T>
bool Adjoints<T>::create_graph() const {
  return sweep_.creates_graph();
}

template class Adjoints<float>;
template class Adjoints<double>;

}  // namespace ebb
