#include "parameter.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "row_gradient.h"

namespace ebb EBB_PUBLIC {

namespace {

template <class T>
void check_shape(const char* what, const Parameter<T>& parameter, const Tensor<T>& given) {
  if (!given.defined()) throw Error(fmt::format("parameter '{}' was given an undefined {}", parameter.name(), what));
  if (parameter.defined() && !(given.shape() == parameter.shape()))
    throw Error(fmt::format("parameter '{}' has shape {}, but the {} it is to take has {}", parameter.name(),
                            to_string(parameter.shape()), what, to_string(given.shape())));
}

}  // namespace

template <class T>
Parameter<T>::Parameter(const Tensor<T>& value, std::string name) : Parameter(std::make_shared<State>()) {
  state_->name = std::move(name);
  state_->value = value.value();
}

template <class T>
void Parameter<T>::set_value(const Tensor<T>& value) {
  check_shape("value", *this, value);
  state().value = value.value();
}

template <class T>
void Parameter<T>::set_gradient(const Tensor<T>& gradient) {
  if (!defined())
    throw Error(fmt::format("parameter '{}' was given a gradient, but has no value that it could be of", name()));
  check_shape("gradient", *this, gradient);
  clear_gradient();
  state().gradient = gradient.value();
}

template <class T>
Array<T> Parameter<T>::whole_gradient() const {
  const Rows<T> rows{state().rows, state().gradient};
  return whole_of<T>(shape(), {&rows, 1});
}

template <class T>
void Parameter<T>::set_trainable(bool trainable) {
  if (trainable && is_buffer())
    throw Error(
        fmt::format("'{}' is a buffer, which is never trained: make it a Parameter to have it trained", name()));
  state().trainable = trainable;
}

template <class T>
Parameter<T> Parameter<T>::clone() const {
  auto copy = std::make_shared<State>(state());
  copy->optimizers = 0;
  copy->used = nullptr;
  return Parameter(std::move(copy));
}

template <class T>
void Parameter<T>::throw_moved_from() {
  throw Error("this parameter was moved from, perhaps with its model: use the one that it was moved to");
}

template <class T>
Parameter<T> buffer(const Tensor<T>& value, std::string name) {
  Parameter<T> made(value, std::move(name));
  made.state().buffer = true;
  made.state().trainable = false;
  return made;
}

template <class T>
void tie(const Parameter<T>& a, Parameter<T>& b) {
  if (a.defined() && b.defined() && !(a.shape() == b.shape()))
    throw Error(fmt::format("tie(): parameter '{}' has shape {}, but '{}' has {}", a.name(), to_string(a.shape()),
                            b.name(), to_string(b.shape())));
  b = a.shared();
}

template class Parameter<float>;
template class Parameter<double>;
template Parameter<float> buffer(const Tensor<float>&, std::string);
template Parameter<double> buffer(const Tensor<double>&, std::string);
template void tie(const Parameter<float>&, Parameter<float>&);
template void tie(const Parameter<double>&, Parameter<double>&);

}  // namespace ebb
