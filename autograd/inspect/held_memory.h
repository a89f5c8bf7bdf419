#pragma once

#include <vector>

#include "../tape.hpp"

namespace ebb {

/// A buffer that records hold. Several may hold the same one.
struct HeldBuffer {
  Index bytes = 0;
  bool of_parameter = false;  // the parameter's own value: there with or without the tape
};

/// One hold of a record on a buffer, and its role there.
struct Hold {
  // "output", "saved", "cached", or the name of an attribute; or, for a value that only keep_all keeps,
  // "inspection": an output that the derivative does not need,
  // "recomputed": a saved value that the walk computes anew on a tape that does not keep all.
  const char* as;
  std::size_t buffer;
};

struct HeldMemory {
  std::vector<HeldBuffer> buffers;
  std::vector<std::vector<Hold>> holds;  // by record; each buffer once
};

template <class T>
HeldMemory memory_held_by(const Tape<T>& tape);

}  // namespace ebb
