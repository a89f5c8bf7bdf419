#pragma once

#include <optional>

#include "../experiment/settings.hpp"

namespace vanishing_attention {

/// Reads and checks the command line, and with `--resume` the settings of the job that is to go on. Prints the help and
/// returns nothing if `--help` is given. Throws a std::exception that says what is wrong and what would be right.
std::optional<Settings> read_command_line(int argc, const char* const* argv);

/// Returns true if all settings that the results depend on have their defaults.
bool is_default(Settings settings);

}  // namespace vanishing_attention
