#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results.hpp"

namespace vanishing_attention {

/// Makes the directory, if need be, and sees whether files can be written there: better known before the training than
/// after. Throws ebb::Error, leaving nothing behind, if not.
void check_writable(const std::filesystem::path& directory);

struct Outputs {
  std::vector<std::string> files;  // names in the directory
  std::vector<std::string> notes;  // what could not be made, and why: a line each
};

/// Writes everything into the directory, which is made if need be: CSV files, pictures, the report, and run.json last.
/// Interrupted and unfinished runs are fine. Throws ebb::Error if a file cannot be written; a picture that gnuplot
/// cannot draw becomes a note.
Outputs write_outputs(const Results& results, const std::filesystem::path& directory);

}  // namespace vanishing_attention
