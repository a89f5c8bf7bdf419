#include "parameter.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace ebb {

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
  state_->value = value.value();
}

template <class T>
void Parameter<T>::set_gradient(const Tensor<T>& gradient) {
  check_shape("gradient", *this, gradient);
  state_->gradient = gradient.value();
}

template class Parameter<float>;
template class Parameter<double>;

}  // namespace ebb
