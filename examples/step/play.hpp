#pragma once

#include "session.hpp"

namespace step {

/// Obeys single keys on a terminal, whose screen shows the position. Returns the signal that ended it, or 0.
int play_on_terminal(Session& session, bool colour);

/// Obeys the lines of the standard input, until it ends or a line says quit, and answers each by a block of plain text.
/// Throws InputOutputError if an answer cannot be written.
void play_transcript(Session& session, bool colour);

}  // namespace step
