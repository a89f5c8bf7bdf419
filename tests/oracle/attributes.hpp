#pragma once

#include <optional>

#include "functions.hpp"

// What the calls of the functions are made with: attributes read from json.
namespace ebb_test {

inline ebb::Shape shape(const nlohmann::json& extents) { return ebb::Shape(extents.get<std::vector<ebb::Index>>()); }

inline ebb::IntArray integers(const nlohmann::json& array) {
  return {shape(array.at("shape")), array.at("values").get<std::vector<std::int32_t>>()};
}

/// The array of this name; undefined if there is none.
inline ebb::IntArray optional_integers(const nlohmann::json& a, const char* name) {
  return a.contains(name) ? integers(a.at(name)) : ebb::IntArray();
}

template <class Number>
std::optional<Number> optional_number(const nlohmann::json& a, const char* name) {
  return a.contains(name) ? std::optional(a.at(name).get<Number>()) : std::nullopt;
}

/// `reduce` over the axes that the attributes name, or over all.
template <class T, class Reduce>
ebb::Tensor<T> over_axes(const ebb::Tensor<T>& x, const nlohmann::json& a, Reduce reduce) {
  if (!a.contains("axes")) return reduce(x);
  return reduce(x, shape(a.at("axes")), ebb::ReduceOptions{.keep = a.at("keep")});
}

#define EBB_REDUCE(name) [](X x, A a) { return over_axes(x[0], a, [](const auto&... all) { return name(all...); }); }
#define ONE_INPUT(name) [](X x, A) { return name(x[0]); }
#define EBB_BINARY(name) [](X x, A) { return name(x[0], x[1]); }

}  // namespace ebb_test
