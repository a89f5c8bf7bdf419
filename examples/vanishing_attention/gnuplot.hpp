#pragma once

#include <optional>
#include <string>

namespace vanishing_attention {

/// What to tell a user whose machine lacks gnuplot.
constexpr const char* gnuplot_missing = "gnuplot is not installed (Debian: apt-get install gnuplot-nox)";

/// Runs a gnuplot script as a child process and returns what it wrote to its standard output; nothing if there is no
/// gnuplot. Throws ebb::Error with gnuplot's own words if the script fails.
std::optional<std::string> run_gnuplot(const std::string& script);

/// Text as a gnuplot string.
std::string gnuplot_string(const std::string& text);

}  // namespace vanishing_attention
