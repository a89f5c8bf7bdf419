#pragma once

#include <utility>

#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The argument of what works on the parameters of a model: the model itself, a list, or a single parameter. It holds
/// handles, so that the model may be moved.
template <class T>
class ParametersOf {
 public:
  ParametersOf(ParameterList<T> parameters) : list_(std::move(parameters)) {}
  ParametersOf(const Parameter<T>& parameter) { list_.add(parameter); }
  template <OtherThan<T> U>
  ParametersOf(const ParameterList<U>&) = delete;  // float and double do not mix
  template <class Model>
  ParametersOf(const Model& model) : list_(parameters<T>(model)) {}

  const ParameterList<T>& list() const { return list_; }

 private:
  ParameterList<T> list_;
};

/// The number type of the parameters of a model, of a list of them, or of groups.
template <class Source>
using ScalarOf = typename ModelNumber<Source>::type;

}  // namespace nn
}  // namespace ebb
