#include "fail.h"

#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/scope.hpp"

namespace ebb::nn {

void fail(const std::string& message, SourceLocation at) {
  const SourceLocation where = Scope::caller_or(at);
  const std::string& scope = Scope::current();
  throw Error(fmt::format("{} (called at {}:{}{}{})", message, where.file(), where.line(), scope.empty() ? "" : ", in ",
                          scope));
}

}  // namespace ebb::nn
