#pragma once

#include <string>

namespace vanishing_attention {

/// What produced the numbers.
struct Provenance {
  std::string ebb_version, compiler, build_type;
  std::string processor;  // the model's name
  int cores = 0;
  std::string system;
};

Provenance provenance();

}  // namespace vanishing_attention
