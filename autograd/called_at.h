#pragma once

#include <string>

#include "base/error.hpp"
#include "base/source_location.hpp"

namespace ebb {

/// "called at main.cpp:12, in blocks.3": how messages name a line of the user's program and the scope, if there is one.
std::string called_at(SourceLocation line, const std::string& scope);

/// An Error with the line of the user's program and the scope, for a call made at `at` that is still under way.
Error error_at(const std::string& message, SourceLocation at);

}  // namespace ebb
