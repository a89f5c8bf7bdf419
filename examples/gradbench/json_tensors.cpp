#include "json_tensors.hpp"

#include <vector>

namespace gradbench {
namespace {

/// As the first element, its first element, ... say.
ebb::Shape shape_of(const Json& numbers) {
  ebb::Shape shape;
  for (const Json* level = &numbers; level->is_array(); level = &level->front()) {
    shape.push_back(static_cast<ebb::Index>(level->size()));
    if (level->empty()) break;
  }
  return shape;
}

template <class T>
void append_numbers(const Json& numbers, const ebb::Shape& shape, int axis, std::vector<T>& values) {
  if (axis == shape.rank()) return values.push_back(numbers.get<T>());
  if (!numbers.is_array() || static_cast<ebb::Index>(numbers.size()) != shape[axis])
    throw ebb::Error("a tensor in JSON of shape " + to_string(shape) + ", going by what comes first, should have " +
                     std::to_string(shape[axis]) + " elements in all brackets of depth " + std::to_string(axis + 1));
  for (const Json& part : numbers) append_numbers(part, shape, axis + 1, values);
}

template <class T>
ebb::Array<T> read_array(const Json& numbers) {
  const ebb::Shape shape = shape_of(numbers);
  std::vector<T> values;
  values.reserve(static_cast<std::size_t>(shape.size()));
  append_numbers(numbers, shape, 0, values);
  return ebb::Array<T>(shape, values);
}

/// Writes what follows from `values` on, and returns where that ends.
const double* write_numbers(Json& numbers, const ebb::Shape& shape, int axis, const double* values) {
  if (axis == shape.rank()) {
    numbers = *values;
    return values + 1;
  }
  numbers = Json::array();
  for (ebb::Index i = 0; i < shape[axis]; ++i) values = write_numbers(numbers.emplace_back(), shape, axis + 1, values);
  return values;
}

}  // namespace
}  // namespace gradbench

namespace nlohmann {

void adl_serializer<ebb::Tensor<double>>::from_json(const json& numbers, ebb::Tensor<double>& x) {
  x = gradbench::read_array<double>(numbers);
}
void adl_serializer<ebb::Tensor<double>>::to_json(json& numbers, const ebb::Tensor<double>& x) {
  gradbench::write_numbers(numbers, x.shape(), 0, x.data());
}
void adl_serializer<ebb::IntArray>::from_json(const json& numbers, ebb::IntArray& x) {
  x = gradbench::read_array<std::int32_t>(numbers);
}

}  // namespace nlohmann
