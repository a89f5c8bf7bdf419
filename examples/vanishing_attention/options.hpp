#pragma once

#include <optional>

#include "results.hpp"

namespace vanishing_attention {

/// Reads and checks the command line. Nothing after --help, which it prints. Throws a std::exception that says what is
/// wrong and what would be right.
std::optional<Settings> read_command_line(int argc, const char* const* argv);

/// Whether these are the default settings, in all that bears on the results.
bool is_default(Settings settings);

}  // namespace vanishing_attention
