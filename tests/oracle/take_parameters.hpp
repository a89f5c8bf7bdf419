#pragma once

#include "functions.hpp"

namespace ebb_test {

/// Gives a layer the inputs from number `next` on as its parameters, buffers aside, and puts their leaves in the place
/// of the inputs.
template <class T, class Layer>
void take_parameters(const Layer& layer, Leaves<T>& x, std::size_t next) {
  auto parameters = ebb::nn::parameters<T>(layer);
  for (ebb::Parameter<T>& parameter : parameters) {
    if (parameter.is_buffer()) continue;
    parameter.set_value(x.at(next).value());
    x[next++] = ebb::Tensor<T>(parameter);
  }
  if (next != x.size()) throw ebb::Error("a golden has more inputs than its layer has parameters");
}

/// Calls a layer on x[0], with the further inputs as its parameters.
template <class T, class Layer>
ebb::Tensor<T> call_on_first(const Layer& layer, Leaves<T>& x) {
  take_parameters(layer, x, 1);
  return layer(x[0]);
}

}  // namespace ebb_test
