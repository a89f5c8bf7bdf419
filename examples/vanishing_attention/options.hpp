#pragma once

#include <optional>

#include "results.hpp"

namespace vanishing_attention {

/// What the command line asks for: settings to run with, or (after --help, or with what cannot be run) an exit code.
struct CommandLine {
  std::optional<Settings> settings;
  int exit_code = 0;
};

/// Reads and checks the command line. Prints the help, or one line that says what is wrong and what would be right.
CommandLine read_command_line(int argc, const char* const* argv);

/// Whether these are the default settings, in all that bears on the results.
bool is_default(Settings settings);

}  // namespace vanishing_attention
