#include "terminal.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "../console.hpp"

namespace step {

namespace {

constexpr int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};

// Set by the handler, which can run only while key() waits.
volatile std::sig_atomic_t end_signal = 0, stop_asked = 0, was_stopped = 0, was_resized = 0;

void on_signal(int signal) {
  if (signal == SIGTSTP)
    stop_asked = 1;
  else if (signal == SIGCONT)
    was_stopped = 1;
  else if (signal == SIGWINCH)
    was_resized = 1;
  else
    end_signal = signal;
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : handled) sigaddset(&set, signal);
  return set;
}

void handle_signals(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  for (int signal : handled) sigaction(signal, &action, nullptr);
}

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) throw InputOutputError(fmt::format("cannot write to the terminal: {}", std::strerror(errno)));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

bool on_terminal() { return isatty(STDIN_FILENO) && console::is_terminal(stdout); }

Terminal::Terminal() {
  if (tcgetattr(STDIN_FILENO, &before_) != 0)
    throw InputOutputError(fmt::format("cannot read the terminal's settings: {}", std::strerror(errno)));
  const sigset_t set = handled_signals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  handle_signals(on_signal);
  enter_screen();
}

Terminal::~Terminal() {
  try {
    leave_screen();
  } catch (const InputOutputError&) {  // the terminal is gone
  }
  handle_signals(SIG_DFL);
  const sigset_t set = handled_signals();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void Terminal::enter_screen() {
  write_all("\x1b[?1049h\x1b[?25l");  // the other screen, no cursor; first, so that no settings are left if it fails
  termios keys = before_;
  keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  keys.c_cc[VMIN] = 1;
  keys.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &keys);
}

void Terminal::leave_screen() {
  tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);  // first, for writing may fail
  write_all("\x1b[?25h\x1b[?1049l");
}

/// Stops the program as if it had no handler, and returns when the program is told to go on.
void Terminal::stop() {
  stop_asked = 0;
  leave_screen();
  std::signal(SIGTSTP, SIG_DFL);
  raise(SIGTSTP);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGTSTP);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);  // stops in here
  sigprocmask(SIG_BLOCK, &only, nullptr);
  handle_signals(on_signal);
  enter_screen();
}

Size Terminal::size() const {
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
  return {window.ws_col, window.ws_row};
}

void Terminal::draw(const std::vector<Line>& screen, bool colour) {
  // Each line is erased before it is written; to erase behind it would take the character in the last column too. The
  // codes 2026 at both ends ask the terminal to show the whole screen at once.
  std::string text = "\x1b[?2026h\x1b[H";
  for (std::size_t i = 0; i < screen.size(); ++i) {
    const bool last = i + 1 == screen.size();
    text += (last ? "\x1b[J" : "\x1b[K") + to_text(screen[i], colour) + (last ? "\x1b[?2026l" : "\r\n");
  }
  write_all(text);
}

bool Terminal::wait(const timespec* limit) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  sigset_t during;
  sigprocmask(SIG_BLOCK, nullptr, &during);
  if (limit == nullptr)
    for (int signal : handled) sigdelset(&during, signal);
  const int ready = ppoll(&input, 1, limit, &during);
  if (ready < 0 && errno != EINTR)
    throw InputOutputError(fmt::format("cannot wait for a key: {}", std::strerror(errno)));
  return ready > 0;
}

int Terminal::byte() {
  unsigned char c = 0;
  const ssize_t got = read(STDIN_FILENO, &c, 1);
  return got == 1 ? static_cast<int>(c) : static_cast<int>(closed);
}

int Terminal::key() {
  for (;;) {
    const bool ready = wait(nullptr);
    if (end_signal != 0) return interrupted;
    if (stop_asked != 0) {
      stop();
      return redraw;
    }
    if (was_stopped != 0) enter_screen();  // by SIGSTOP; another program may have changed the terminal meanwhile
    if (was_stopped != 0 || was_resized != 0) {
      was_stopped = 0;
      was_resized = 0;
      return redraw;
    }
    if (!ready) continue;
    const int c = byte();
    if (c == '\x1b') return escape_sequence();
    if (c == '\r' || c == '\n') return enter;
    if (c == 0x7F || c == '\b') return backspace;
    if (c == 4) return closed;  // Ctrl-D
    return c;
  }
}

/// Reads what follows ESC. Returns an arrow key; `escape` if nothing follows at once; 0 for any other key.
int Terminal::escape_sequence() {
  constexpr timespec at_once{0, 50'000'000};
  if (!wait(&at_once)) return escape;
  const int introducer = byte();
  if (introducer != '[' && introducer != 'O') return escape;
  for (;;) {
    if (!wait(&at_once)) return escape;
    const int c = byte();
    if (c == 'C') return right;
    if (c == 'D') return left;
    if (c >= 0x40) return 0;  // the end of the sequence of another key, or of the input
  }
}

int Terminal::signal() const { return end_signal; }

}  // namespace step
