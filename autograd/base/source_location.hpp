#pragma once

#include "visibility.hpp"

namespace ebb EBB_PUBLIC {

/// The file and line of the user's code that made a record. (clang 14 lacks std::source_location.)
/// As a default argument, `SourceLocation::current()` is evaluated where the function is called.
class SourceLocation {
 public:
  static constexpr SourceLocation current(const char* file = __builtin_FILE(), int line = __builtin_LINE(),
                                          const char* function = __builtin_FUNCTION()) {
    return SourceLocation(file, line, function);
  }
  constexpr SourceLocation() = default;

  constexpr const char* file() const { return file_; }
  constexpr int line() const { return line_; }
  constexpr const char* function() const { return function_; }
  constexpr bool known() const { return line_ != 0; }

 private:
  // Private, so that no brace-enclosed argument (`sum(x, {0})`) can be taken for a location.
  constexpr SourceLocation(const char* file, int line, const char* function)
      : file_(file), function_(function), line_(line) {}

  const char* file_ = "";
  const char* function_ = "";
  int line_ = 0;
};

}  // namespace ebb
