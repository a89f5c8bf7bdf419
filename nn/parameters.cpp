#include "parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <unordered_map>
#include <utility>

#include "../autograd/base/error.hpp"
#include "../autograd/base/near_names.h"

namespace ebb {
namespace nn EBB_PUBLIC {

template <class T>
ParameterList<T>::ParameterList(const ParameterList& other) : listed_(other.listed_) {
  parameters_.reserve(other.size());
  for (const Parameter<T>& parameter : other) parameters_.push_back(parameter.shared(parameter.name()));
}

template <class T>
void ParameterList<T>::add(const Parameter<T>& parameter, std::string name) {
  if (listed_.insert(&parameter.state()).second)
    parameters_.push_back(parameter.shared(name.empty() ? parameter.name() : std::move(name)));
}

template <class T>
ParameterList<T>& ParameterList<T>::operator+=(const ParameterList& other) {
  std::unordered_map<std::string_view, const Parameter<T>*> named;
  for (const Parameter<T>& parameter : *this) named.emplace(parameter.name(), &parameter);
  for (const Parameter<T>& parameter : other) {
    if (parameter.name().empty() || listed_.contains(&parameter.state())) continue;
    const auto [found, added] = named.emplace(parameter.name(), &parameter);
    if (!added && &found->second->state() != &parameter.state())
      throw Error(
          fmt::format("two parameters of the joined lists are named '{}'; give the names of each list a prefix: "
                      "parameters(a).prefixed(\"a\") + parameters(b).prefixed(\"b\")",
                      parameter.name()));
  }
  ParameterList joined = *this;
  for (const Parameter<T>& parameter : other) joined.add(parameter);
  return *this = std::move(joined);
}

template <class T>
ParameterList<T> ParameterList<T>::prefixed(std::string_view prefix) const {
  ParameterList longer;
  for (const Parameter<T>& parameter : *this)
    longer.add(parameter, parameter.name().empty() ? std::string() : fmt::format("{}.{}", prefix, parameter.name()));
  return longer;
}

template <class T>
std::size_t ParameterList<T>::place_of(std::string_view name) const {
  std::vector<std::string_view> names;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < size(); ++i) {
    names.push_back(parameters_[i].name());
    if (parameters_[i].name() != name) continue;
    if (found) throw Error(fmt::format("two parameters of the list are named '{}'", name));
    found = i;
  }
  if (found) return *found;
  throw Error(fmt::format("no parameter is named '{}' among {}{}", name, size(), near_names(name, names)));
}

template <class T>
Index ParameterList<T>::count() const {
  Index count = 0;
  for (const Parameter<T>& parameter : parameters_)
    if (!parameter.is_buffer()) count += parameter.size();
  return count;
}

template <class T>
Index ParameterList<T>::trainable_count() const {
  return where([](const Parameter<T>& parameter) { return parameter.trainable(); }).count();
}

template <class T>
void ParameterList<T>::set_trainable(bool trainable) {
  for (Parameter<T>& parameter : parameters_)
    if (!parameter.is_buffer()) parameter.set_trainable(trainable);
}

template <class T>
void ParameterList<T>::clear_gradients() {
  for (Parameter<T>& parameter : parameters_) parameter.clear_gradient();
}

template <class T>
std::vector<Tensor<T>> ParameterList<T>::values() const {
  std::vector<Tensor<T>> values;
  for (const Parameter<T>& parameter : parameters_) values.push_back(parameter.value());
  return values;
}

template <class T>
void ParameterList<T>::set_values(std::span<const Tensor<T>> values) {
  if (values.size() != size())
    throw Error(fmt::format("set_values(): {} values for {} parameters", values.size(), size()));
  for (std::size_t i = 0; i < size(); ++i)
    if (!values[i].defined() || !(values[i].shape() == parameters_[i].shape()))
      throw Error(
          fmt::format("set_values(): parameter '{}' has shape {}, but the value for it has {}; no parameter was "
                      "changed",
                      parameters_[i].name(), to_string(parameters_[i].shape()),
                      values[i].defined() ? to_string(values[i].shape()) : "none: it is undefined"));
  for (std::size_t i = 0; i < size(); ++i) parameters_[i].set_value(values[i]);
}

template <class T>
std::size_t ParameterVisitor<T>::enter(std::string_view name) {
  const std::size_t outer = path_.size();
  if (!path_.empty()) path_ += '.';
  path_ += name;
  return outer;
}

template <class T>
void ParameterVisitor<T>::operator()(std::string_view name, const Parameter<T>& parameter) {
  (void)parameter.state();           // a model that was moved from has no parameters to list: this throws
  if (!parameter.defined()) return;  // a bias that the layer was built without
  const std::size_t outer = enter(name);
  if (!paths_.insert(path_).second)
    throw Error(
        fmt::format("two fields of the model are named '{}': its visit function must give each its own name", path_));
  list.add(parameter, path_);
  path_.resize(outer);
}

template <class T>
std::string summary(const ParameterList<T>& parameters) {
  std::size_t name_columns = std::string_view("parameter").size(), shape_columns = std::string_view("shape").size();
  for (const Parameter<T>& parameter : parameters) {
    name_columns = std::max(name_columns, parameter.name().size());
    shape_columns = std::max(shape_columns, to_string(parameter.shape()).size());
  }
  const auto line = [&](std::string_view name, std::string_view shape, const auto& count, std::string_view trainable) {
    return fmt::format("{:{}}  {:{}}  {:>10}  {}\n", name, name_columns, shape, shape_columns, count, trainable);
  };
  std::string table = line("parameter", "shape", "count", "trainable");
  for (const Parameter<T>& parameter : parameters)
    table += line(parameter.name(), to_string(parameter.shape()), parameter.size(),
                  parameter.is_buffer()   ? "buffer"
                  : parameter.trainable() ? "yes"
                                          : "no");
  return table + line("total", "", parameters.count(), fmt::format("{} trainable", parameters.trainable_count()));
}

template <class T>
std::ostream& operator<<(std::ostream& out, const ParameterList<T>& parameters) {
  return out << summary(parameters);
}

template class ParameterList<float>;
template class ParameterList<double>;
template class ParameterVisitor<float>;
template class ParameterVisitor<double>;
template std::string summary(const ParameterList<float>&);
template std::string summary(const ParameterList<double>&);
template std::ostream& operator<<(std::ostream&, const ParameterList<float>&);
template std::ostream& operator<<(std::ostream&, const ParameterList<double>&);

}  // namespace nn
}  // namespace ebb
