#pragma once

#include <ebb/ebb.hpp>
#include <span>
#include <string>
#include <vector>

namespace step {

using ebb::Index;
using Tensor = ebb::Tensor<double>;
using Tape = ebb::Tape<double>;
using Record = ebb::Record<double>;

/// Something small to differentiate.
struct Program {
  const char* name;
  const char* title;
  /// Runs on the tape in scope, and returns what the walk back starts from: one number.
  Tensor (*run)(Tape& tape);
};

std::span<const Program> programs();
/// Throws std::invalid_argument, with the nearest right name, if there is none of this name.
const Program& find_program(const std::string& name);

/// A line of programs.cpp, as it was when the program was built, without its indentation; empty if there is none.
std::string source_line(int line);
/// The function of programs.cpp around this line, from its first comment to its closing brace.
std::vector<std::string> source_around(int line);

}  // namespace step
