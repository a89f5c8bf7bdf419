#pragma once

#include <string>
#include <type_traits>
#include <typeinfo>

namespace ebb {

/// "float" or "double": the number type of a tensor or tape, for messages and pages. "int" for an IntArray's.
template <class T>
constexpr const char* type_name = std::is_same_v<T, float>    ? "float"
                                  : std::is_same_v<T, double> ? "double"
                                                              : "int";

/// The name of a type as C++ spells it, "ebb::SoftmaxAttributes", for messages.
std::string name_of(const std::type_info& type);

}  // namespace ebb
