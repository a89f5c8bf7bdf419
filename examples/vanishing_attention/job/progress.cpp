#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "../../console.hpp"
#include "../report/text.hpp"

namespace vanishing_attention {

namespace {

constexpr auto redraw_every = std::chrono::milliseconds(100);

int columns_of(const std::string& text) { return static_cast<int>(display_columns(text)); }

double fraction(const ProgressState& s) {
  return s.total == 0 ? 1 : std::min(1.0, static_cast<double>(s.done) / static_cast<double>(s.total));
}

std::string time_left(const ProgressState& s) {
  const double f = fraction(s);
  return f == 0 ? "-" : duration_text(s.seconds * (1 - f) / f);
}

std::string bar(double f, int size) {
  const int filled = static_cast<int>(f * size);
  return "[" + std::string(static_cast<std::size_t>(filled), '#') +
         std::string(static_cast<std::size_t>(size - filled), '.') + "]";
}

}  // namespace

std::string progress_line(const ProgressState& s, int columns) {
  std::string line = fmt::format("{:3.0f} %", std::floor(100 * fraction(s)));
  const auto append = [&](const std::string& part) {
    if (columns_of(line) + columns_of(part) <= columns) line += part;
  };
  append(fmt::format("  {} left", time_left(s)));
  if (!s.run.empty()) append("  " + s.run);
  if (!std::isnan(s.loss)) append(fmt::format("  loss {:.3f}", s.loss));
  if (!std::isnan(s.gradient_norm)) append(fmt::format("  |g| {:.1e}", s.gradient_norm));
  const int room = std::min(columns - columns_of(line) - 3, 24);
  if (room >= 5) line = bar(fraction(s), room) + " " + line;
  return columns_of(line) <= columns ? line : std::string();
}

Progress::Progress(std::size_t total, bool quiet, std::FILE* out)
    : out_(out),
      style_(quiet                       ? Style::quiet
             : console::is_terminal(out) ? Style::redrawn
                                         : Style::lines),
      start_(std::chrono::steady_clock::now()),
      shown_(start_ - redraw_every) {
  state_.total = total;
}

Progress::~Progress() { erase(); }

void Progress::step(const std::string& variant, std::uint64_t seed, const StepMetrics& metrics) {
  const std::lock_guard lock(mutex_);
  ++state_.done;
  state_.run = fmt::format("{}, seed {}", variant, seed);
  state_.loss = metrics.train_loss;
  state_.gradient_norm = metrics.gradient_norm;
  update();
}

void Progress::skip(std::size_t steps) {
  const std::lock_guard lock(mutex_);
  state_.done += steps;
  update();
}

void Progress::say(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (style_ == Style::quiet) return;
  erase();
  console::put(out_, line + '\n');
  std::fflush(out_);
}

void Progress::update() {
  const auto now = std::chrono::steady_clock::now();
  state_.seconds = std::chrono::duration<double>(now - start_).count();
  if (style_ == Style::redrawn && now - shown_ >= redraw_every) {
    shown_ = now;
    redraw();
  }
  const auto twentieths = static_cast<std::size_t>(20 * fraction(state_));
  if (style_ == Style::lines && (twentieths > twentieths_ || state_.done == 1)) {
    twentieths_ = twentieths;
    console::put(out_, progress_line(state_, 100) + '\n');
    std::fflush(out_);
  }
}

void Progress::redraw() {
  // One column stays free, because some terminals wrap a line that fills all of them.
  const std::string line = progress_line(state_, console::columns(out_) - 1);
  console::put(out_, "\r\033[K" + line);
  std::fflush(out_);
  drawn_ = true;
}

void Progress::erase() {
  if (!drawn_) return;
  console::put(out_, "\r\033[K");
  std::fflush(out_);
  drawn_ = false;
}

}  // namespace vanishing_attention
