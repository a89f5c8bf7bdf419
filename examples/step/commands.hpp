#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "session.hpp"
#include "text.hpp"

// The commands: a key on a terminal, or a word in a line.
namespace step {

struct Command {
  char key;
  std::string_view word;
  std::string_view question;  ///< Asks for the command's argument; empty if it takes none.
  std::string_view keys;      ///< As the help shows them.
  std::string_view help;
};

std::span<const Command> commands();

/// The answer to a command: the session has moved, there is something to show or to say, or the program is to end.
struct Answer {
  enum Kind { moved, shown, said, quit } kind = moved;
  std::vector<Line> lines = {};  ///< Of what is shown.
  std::string message = {};      ///< What is said, in one line.
};

/// Obeys a line such as "run softmax" or "r softmax"; an empty line goes to the next position. A command that cannot be
/// obeyed is answered by a message that says why.
Answer obey(Session& session, std::string_view line);

}  // namespace step
