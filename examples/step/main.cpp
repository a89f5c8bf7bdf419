// Steps along a tape, forward and back: what reverse-mode differentiation does, one record at a time.
//
// On a terminal it takes single keys. Otherwise it reads commands from the standard input and writes a transcript. Exit
// codes: 0; 1 if the output cannot be written; 2 for arguments that cannot be used. A signal ends it as it ends a
// program without a handler.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "../console.hpp"
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
  if (color != "auto") return color == "always";
  return step::on_terminal() && console::wants_colour(stdout);
}

/// Ends the program by the signal, as if it had no handler, so that a loop in a shell around it ends too.
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

  std::signal(SIGPIPE, SIG_IGN);  // so that writing to a closed pipe fails, and the error is reported
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
