#pragma once

#include "session.hpp"

namespace step {

/// By single keys, on a screen that is redrawn. Returns the signal that ended it, or 0.
int play_on_terminal(Session& session, bool colour);

/// By lines of the standard input, each answered by a block of plain text, until it ends or says quit. Throws
/// InputOutputError if the answers cannot be written.
void play_transcript(Session& session, bool colour);

}  // namespace step
