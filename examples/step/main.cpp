// Steps along a tape, forward and back: what reverse-mode differentiation does, one record at a time.
//
// On a terminal by single keys; otherwise as a transcript of what the standard input asks for. Exit codes: 0; 1 if the
// output cannot be written; 2 for arguments that cannot be used; after a signal, as without a handler.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "play.hpp"
#include "terminal.hpp"

namespace {

enum ExitCode { done = 0, cannot_write = 1, bad_input = 2 };

struct Options {
  std::string program, color = "auto";
};

std::string list_of_programs() {
  std::string list = "Programs:\n";
  for (const step::Program& each : step::programs()) list += fmt::format("  {:<10} {}\n", each.name, each.title);
  return list + "Start with, say: step formula\n";
}

bool wants_colour(const std::string& color) {
  const char* no_color = std::getenv("NO_COLOR");
  if (color != "auto") return color == "always";
  return step::on_terminal() && (no_color == nullptr || *no_color == '\0');
}

/// Ends by a signal as a program without a handler would, so that a shell's loop around it ends too.
int end_by(int signal) {
  std::signal(signal, SIG_DFL);
  std::raise(signal);
  return 128 + signal;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"Steps along the tape of a small program, forward and back: reverse-mode differentiation to look at."};
  Options options;
  app.add_option("PROGRAM", options.program, "What to differentiate");
  app.add_option("--color", options.color, "auto, always or never; auto heeds NO_COLOR")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.footer(list_of_programs());
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& asked) {
    return app.exit(asked);
  }

  std::signal(SIGPIPE, SIG_IGN);  // writing then fails, which is told
  if (options.program.empty()) {
    if (std::fputs(list_of_programs().c_str(), stdout) < 0 || std::fflush(stdout) != 0)
      throw step::InputOutputError("cannot write the list of programs");
    return done;
  }
  step::Session session(step::find_program(options.program));
  const bool colour = wants_colour(options.color);
  if (!step::on_terminal()) {
    step::play_transcript(session, colour);
    return done;
  }
  const int signal = step::play_on_terminal(session, colour);
  return signal == 0 ? done : end_by(signal);
} catch (const step::InputOutputError& error) {
  fmt::print(stderr, "step: {}\n", error.what());
  return cannot_write;
} catch (const std::exception& error) {
  fmt::print(stderr, "step: {}\n", step::printable(error.what()));
  return bad_input;
}
