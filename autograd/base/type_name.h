#pragma once

#include <type_traits>

namespace ebb {

/// "float" or "double": the number type of a tensor or tape, for messages and pages.
template <class T>
constexpr const char* type_name = std::is_same_v<T, float> ? "float" : "double";

}  // namespace ebb
