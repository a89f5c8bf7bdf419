#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "session.hpp"
#include "text.hpp"

// What one can ask for, by a key in a terminal or by a word in a line.
namespace step {

struct Command {
  char key;
  std::string_view word;
  std::string_view question;  // asks for its argument; empty if it takes none
  std::string_view keys;      // as the help shows them
  std::string_view help;
};

std::span<const Command> commands();

/// What came of a command.
struct Answer {
  enum Kind { moved, page, message, quit } kind = moved;
  std::vector<Line> lines = {};  // of a page
  std::string text = {};         // of a message
};

/// Does what a line says, "run softmax" or "r softmax", say; an empty one goes to the next position. What cannot be
/// done is answered by a message.
Answer obey(Session& session, std::string_view line);

}  // namespace step
