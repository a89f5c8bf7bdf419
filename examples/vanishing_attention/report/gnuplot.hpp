#pragma once

#include <optional>
#include <string>

namespace vanishing_attention {

/// Says how to install gnuplot.
constexpr const char* gnuplot_missing = "gnuplot is not installed (Debian: apt-get install gnuplot-nox)";

/// Runs a gnuplot script as a child process and returns its standard output; nothing if gnuplot is not installed.
/// Throws ebb::Error with gnuplot's own message if the script fails.
std::optional<std::string> run_gnuplot(const std::string& script);

/// Quotes the text as a gnuplot string.
std::string gnuplot_string(const std::string& text);

}  // namespace vanishing_attention
