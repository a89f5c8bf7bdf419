#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "session.hpp"

// The memory that an ordinary tape would hold: the values that each record saved for its derivative, and the values of
// leaves. Its backward walk lets go of the values of a record when it has passed the record. The tape here keeps all,
// so that every position can be shown.
namespace step {

/// Returns the size in bytes of each buffer that the records before `end` hold, by its address. Records share buffers.
std::map<const void*, std::size_t> held_before(const Tape& tape, Index end);

struct Memory {
  std::vector<std::string> here;      ///< "w #0 (8 B)": the values saved at this position, or let go of.
  std::vector<std::string> kept;      ///< The values that this record lets go of, but an earlier one still holds.
  std::size_t arrays = 0, bytes = 0;  ///< Held afterwards.
};
Memory memory_at(const Session& session);

}  // namespace step
