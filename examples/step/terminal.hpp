#pragma once

#include <termios.h>

#include <vector>

#include "screen.hpp"

namespace step {

/// The error that the output cannot be written, or the input not read.
struct InputOutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Returns true if standard input and output are a terminal that can redraw a screen.
bool on_terminal();

/// While an object of this class lives, the terminal shows a screen of its own and delivers single keys. At the end,
/// and while the program is stopped by Ctrl-Z, the terminal is as it was before.
class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  Size size() const;
  void draw(const std::vector<Line>& screen, bool colour);

  /// The keys that are not characters, and the events that key() returns like a key.
  enum Key { right = 256, left, escape, backspace, enter, redraw, interrupted, closed };
  /// Waits for a key and returns it. Returns `redraw` after a change of size or a stop, `interrupted` after a signal
  /// that tells the program to end, and `closed` at the end of the input.
  int key();
  /// Returns the signal that told the program to end; 0 if there was none.
  int signal() const;

 private:
  void enter_screen();
  void leave_screen();
  void stop();
  /// Waits for a byte, no longer than the limit, and returns true if there is one. Without a limit, a signal ends the
  /// waiting too.
  bool wait(const timespec* limit);
  int byte();
  int escape_sequence();

  termios before_;
};

}  // namespace step
