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

/// A small program to differentiate.
struct Program {
  const char* name;
  const char* title;
  /// Computes one number on the tape, which is in scope, and returns it. The backward walk starts there.
  Tensor (*run)(Tape& tape);
};

std::span<const Program> programs();
/// Throws std::invalid_argument, which suggests the nearest name, if there is no program of this name.
const Program& find_program(const std::string& name);

/// Returns a line of programs.cpp, as it was when this program was built, without its indentation; empty if there is
/// none.
std::string source_line(int line);
/// Returns the function of programs.cpp around this line, from its first comment to its closing brace.
std::vector<std::string> source_around(int line);

}  // namespace step
