#pragma once

#include <stdexcept>

#include "visibility.hpp"

namespace ebb EBB_PUBLIC {

/// What ebb throws on bad input. The message says what was asked, what was got, where, and what to do instead.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace ebb
