#pragma once

#include <string>

#include "../autograd/base/source_location.hpp"

namespace ebb::nn {

/// Throws Error with the user's line and the scope, as an op does. Not part of the public interface.
[[noreturn]] void fail(const std::string& message, SourceLocation at);

}  // namespace ebb::nn
