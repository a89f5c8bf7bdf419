#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "../experiment/results.hpp"

namespace vanishing_attention {

/// Throws ebb::Error unless the folder exists or can be made, and files can be written in it under the names that the
/// job gives them. Leaves nothing behind. It is better to know this before the training than after it.
void check_writable(const std::filesystem::path& folder);

struct Outputs {
  std::vector<std::string> files;  ///< The names of the files written.
  std::vector<std::string> notes;  ///< One line for each thing that could not be made, with the reason.
};

/// Writes the CSV files, the pictures, the page and, last, run.json into the folder, which is made if it does not
/// exist. Runs may be unfinished. Throws ebb::Error if a file cannot be written; a picture that gnuplot cannot draw
/// becomes a note.
Outputs write_outputs(const Results& results, const std::filesystem::path& folder);

}  // namespace vanishing_attention
