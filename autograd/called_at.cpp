#include "called_at.h"

#include <fmt/format.h>

#include "scope.hpp"

namespace ebb {

std::string called_at(SourceLocation line, const std::string& scope) {
  return fmt::format("called at {}:{}{}{}", line.file(), line.line(), scope.empty() ? "" : ", in ", scope);
}

Error error_at(const std::string& message, SourceLocation at) {
  return Error(fmt::format("{} ({})", message, called_at(Scope::caller_or(at), Scope::current())));
}

}  // namespace ebb
