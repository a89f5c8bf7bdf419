#include "interrupt.hpp"

#include <atomic>
#include <csignal>

namespace vanishing_attention {

namespace {

std::atomic<bool> signal_came = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler must not wait for a lock");

void on_signal(int) {
  signal_came = true;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);  // who reads no further is told nothing more; the files are written nevertheless
}

bool interrupted() { return signal_came; }

}  // namespace vanishing_attention
