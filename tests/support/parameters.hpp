#pragma once

#include <string>
#include <vector>

#include "check.hpp"

namespace ebb_test {

/// A parameter of one element.
inline Parameter<double> scalar(double value, std::string name = "w") {
  return Parameter<double>(Array<double>({1}, value), std::move(name));
}

inline nn::ParameterList<double> list_of(const std::vector<const Parameter<double>*>& parameters) {
  nn::ParameterList<double> list;
  for (const auto* parameter : parameters) list.add(*parameter);
  return list;
}

inline void set_gradient(Parameter<double>& w, double gradient) { w.set_gradient(Array<double>({1}, gradient)); }

}  // namespace ebb_test
