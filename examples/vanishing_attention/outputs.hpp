#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results.hpp"

namespace vanishing_attention {

/// Sees whether the directory is there or can be made, and files written in it: better known before the training than
/// after. Leaves nothing behind. Throws ebb::Error if not.
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
