#pragma once

#include <stdexcept>

#include "visibility.hpp"

namespace ebb EBB_PUBLIC {

/// The exception that ebb throws on bad input. Its message says what was asked, what was given, where, and what to do
/// instead.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace ebb
