#pragma once

#include <ebb/ebb.hpp>
#include <nlohmann/json.hpp>

// Tensors and arrays of integers as JSON: numbers in brackets as deep as there are axes, a number alone for none.
// `input.at("x").get<Tensor>()` reads one, and throws ebb::Error where rows are of different lengths.
namespace nlohmann {

template <>
struct adl_serializer<ebb::Tensor<double>> {
  static void from_json(const json& numbers, ebb::Tensor<double>& x);
  static void to_json(json& numbers, const ebb::Tensor<double>& x);
};

template <>
struct adl_serializer<ebb::IntArray> {
  static void from_json(const json& numbers, ebb::IntArray& x);
};

}  // namespace nlohmann

namespace gradbench {

using Json = nlohmann::json;
using Tensor = ebb::Tensor<double>;

}  // namespace gradbench
