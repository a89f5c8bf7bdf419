#include "progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <string_view>

#include "../autograd/base/error.hpp"

namespace ebb::nn {

namespace {

constexpr auto redraw_every = std::chrono::milliseconds(100);

/// The columns that UTF-8 text takes, if none of its characters is wide.
int columns_of(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

double fraction(const ProgressState& s) {
  return s.total == 0 ? 1 : std::min(1.0, static_cast<double>(s.done) / static_cast<double>(s.total));
}

std::string time_left(const ProgressState& s) {
  if (s.done <= s.done_before) return "-";
  const double each = s.seconds / static_cast<double>(s.done - s.done_before);
  const long left = std::lround(each * static_cast<double>(std::max(s.total - s.done, Index{0})));
  if (left < 3600) return fmt::format("{}:{:02}", left / 60, left % 60);
  return fmt::format("{}:{:02}:{:02}", left / 3600, left / 60 % 60, left % 60);
}

std::string bar(double f, int size) {
  const int filled = static_cast<int>(f * size);
  return "[" + std::string(static_cast<std::size_t>(filled), '#') +
         std::string(static_cast<std::size_t>(size - filled), '.') + "]";
}

void put(std::FILE* out, std::string_view text) {  // where it is lost, the work goes on
  std::fwrite(text.data(), 1, text.size(), out);
  std::fflush(out);
}

/// The number of columns of the terminal; 80 if it is not known.
int terminal_columns(std::FILE* stream) {
  winsize size{};
  return ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

bool is_terminal(std::FILE* stream) {
  const char* kind = std::getenv("TERM");
  return ::isatty(::fileno(stream)) != 0 && kind != nullptr && std::string_view(kind) != "dumb";
}

std::string progress_line(const ProgressState& s, int columns) {
  std::string line = fmt::format("{:3.0f} %", std::floor(100 * fraction(s)));
  const auto append = [&](const std::string& part) {
    if (columns_of(line) + columns_of(part) <= columns) line += part;
  };
  append(fmt::format("  {} left", time_left(s)));
  for (const std::string& part : s.status) append("  " + part);
  const int room = std::min(columns - columns_of(line) - 3, 24);
  if (room >= 5) line = bar(fraction(s), room) + " " + line;
  return columns_of(line) <= columns ? line : std::string();
}

class Progress::Line {
 public:
  Line(Index total, ProgressOptions options)
      : out_(options.out != nullptr ? options.out : stderr),
        style_(options.quiet       ? Style::quiet
               : is_terminal(out_) ? Style::redrawn
                                   : Style::lines),
        start_(std::chrono::steady_clock::now()),
        shown_(start_ - redraw_every) {
    if (total < 0 || options.done < 0)
      throw Error(fmt::format("Progress: {} of {} steps done: neither can be negative", options.done, total));
    state_.total = total;
    state_.done = state_.done_before = options.done;
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { erase(); }

  void step(std::vector<std::string> status) {
    const std::lock_guard lock(mutex_);
    ++state_.done;
    state_.status = std::move(status);
    update();
  }
  void skip(Index steps) {
    const std::lock_guard lock(mutex_);
    state_.done += steps;
    update();
  }
  void say(const std::string& line) {
    const std::lock_guard lock(mutex_);
    if (style_ == Style::quiet) return;
    erase();
    put(out_, line + '\n');
  }

 private:
  enum class Style { quiet, lines, redrawn };

  void update() {
    const auto now = std::chrono::steady_clock::now();
    state_.seconds = std::chrono::duration<double>(now - start_).count();
    if (style_ == Style::redrawn && now - shown_ >= redraw_every) {
      shown_ = now;
      redraw();
    }
    const int twentieths = static_cast<int>(20 * fraction(state_));
    if (style_ == Style::lines && (twentieths > twentieths_ || state_.done == state_.done_before + 1)) {
      twentieths_ = twentieths;
      put(out_, progress_line(state_, 100) + '\n');
    }
  }
  void redraw() {
    // One column stays free, because some terminals wrap a line that fills all of them.
    put(out_, "\r\033[K" + progress_line(state_, terminal_columns(out_) - 1));
    drawn_ = true;
  }
  void erase() {
    if (!drawn_) return;
    put(out_, "\r\033[K");
    drawn_ = false;
  }

  std::mutex mutex_;
  std::FILE* out_;
  Style style_;
  std::chrono::steady_clock::time_point start_, shown_;
  ProgressState state_;
  int twentieths_ = 0;
  bool drawn_ = false;
};

Progress::Progress(Index total, ProgressOptions options) : line_(std::make_unique<Line>(total, options)) {}
Progress::~Progress() = default;
void Progress::step(std::vector<std::string> status) { line_->step(std::move(status)); }
void Progress::skip(Index steps) { line_->skip(steps); }
void Progress::say(const std::string& line) { line_->say(line); }

}  // namespace ebb::nn
