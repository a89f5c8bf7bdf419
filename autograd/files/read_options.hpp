#pragma once

#include "../base/visibility.hpp"

namespace ebb EBB_PUBLIC {

struct ReadOptions {
  bool narrow = false;  ///< Rounds numbers that the type asked for cannot hold exactly: doubles read as float.
};

}  // namespace ebb
