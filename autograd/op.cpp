#include "op.hpp"

#include <fmt/format.h>

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

namespace {

template <class T>
[[noreturn, gnu::cold]] void throw_no_input(const Record<T>& record, std::size_t input) {
  throw Error(fmt::format("the derivative of {} (record {}) asks for input {}, but it has {}", record.op->name,
                          record.slot.record, input, record.inputs.size()));
}

/// The record that an input came from. Throws Error if there is no such input.
template <class T>
Index source_of(const Record<T>& record, std::size_t input) {
  if (input >= record.inputs.size()) throw_no_input(record, input);
  return record.inputs[input];
}

}  // namespace

template <class T>
bool Adjoints<T>::needs(std::size_t input) const {
  return sweep_.needs(source_of(record_, input));
}

template <class T>
const Shape& Adjoints<T>::shape(std::size_t input) const {
  return sweep_.tape()[source_of(record_, input)].shape;
}

template <class T>
void Adjoints<T>::add(std::size_t input, Tensor<T> adjoint) {
  (void)source_of(record_, input);
  sweep_.add(record_, input, std::move(adjoint));
}

/// The elements of the adjoint so far, to be added to; null where a whole adjoint is wanted.
template <class T>
T* Adjoints<T>::sum_in_place(std::size_t input) {
  return sweep_.sum_in_place(source_of(record_, input));
}

template <class T>
bool Adjoints<T>::keep_rows(std::size_t input, const IntArray& numbers, const Tensor<T>& rows) {
  return sweep_.keep_rows(source_of(record_, input), {numbers, rows.value()});
}

template <class T>
bool Adjoints<T>::create_graph() const {
  return sweep_.creates_graph();
}

template class Adjoints<float>;
template class Adjoints<double>;

}  // namespace ebb
