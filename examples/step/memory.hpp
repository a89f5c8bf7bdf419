#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "session.hpp"

// What an ordinary tape would hold where this one, made to be looked at, keeps all: what each record saved for its
// derivative, and the values of leaves. Its walk lets go of a record's when it has passed it.
namespace step {

/// Bytes of each buffer that the records before `end` hold, by its address: records share buffers.
std::map<const void*, std::size_t> held_before(const Tape& tape, Index end);

struct Memory {
  std::vector<std::string> here;      // "w #0 (8 B)": what is saved at this position, or let go of
  std::vector<std::string> kept;      // what this record lets go of, and an earlier one still holds
  std::size_t arrays = 0, bytes = 0;  // held after it
};
Memory memory_at(const Session& session);

}  // namespace step
