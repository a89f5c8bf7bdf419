#pragma once

#include <termios.h>

#include <vector>

#include "screen.hpp"

namespace step {

/// What to write to cannot be written, or what to read not read.
struct InputOutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Whether both ends are a terminal that can redraw a screen.
bool on_terminal();

/// While it is alive, the terminal shows a screen of ours and gives single keys. It is put back as it was at the end,
/// and while the program is stopped by Ctrl-Z.
class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  Size size() const;
  void draw(const std::vector<Line>& screen, bool colour);

  /// A key is a character, or one of these.
  enum Key { right = 256, left, escape, backspace, enter, redraw, interrupted, closed };
  /// Waits for a key; `redraw` after a change of size and after a stop, `interrupted` after a signal to end, `closed`
  /// when nothing more can come.
  int key();
  /// The signal that told the program to end; 0 if none did.
  int signal() const;

 private:
  void enter_screen();
  void leave_screen();
  void stop();
  /// Whether a byte is there; waits no longer than so long, or, without a limit, also ends for a signal.
  bool wait(const timespec* limit);
  int byte();
  int escape_sequence();

  termios before_;
};

}  // namespace step
