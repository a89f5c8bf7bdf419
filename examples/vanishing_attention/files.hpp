#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "results.hpp"

namespace vanishing_attention {

/// Writes a file whole or not at all: under a temporary name, then renamed. Throws ebb::Error naming the file and why.
void write_file(const std::filesystem::path& path, std::string_view content);

/// Every step of every run: one line each; a field that was not measured is empty.
std::string metrics_csv(const Results& results);
/// Every layer's gradients, kind by kind, at the steps that were looked into.
std::string gradients_csv(const Results& results);
/// Settings, seeds, versions, machine, outcome of each run, verdicts. What was not measured is null.
std::string run_json(const Results& results);

}  // namespace vanishing_attention
