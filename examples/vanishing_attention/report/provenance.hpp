#pragma once

#include <string>

namespace vanishing_attention {

/// The program and the machine that made the numbers.
struct Provenance {
  std::string ebb_version, compiler, build_type;
  std::string processor;  ///< The name of its model.
  int cores = 0;
  std::string system;
};

Provenance provenance();

}  // namespace vanishing_attention
