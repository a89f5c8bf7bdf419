#include "screen.hpp"

#include <regex>

#include "commands.hpp"
#include "detail.hpp"
#include "support/check.hpp"

namespace {

using ebb_test::contains;
using step::Session;
using step::Size;

std::string plain(const std::vector<step::Line>& lines, bool colour = false) {
  std::string text;
  for (const step::Line& line : lines) text += step::to_text(line, colour) + '\n';
  return text;
}

void check_size(const std::vector<step::Line>& screen, Size size) {
  CHECK(screen.size() == size.height);
  for (const step::Line& line : screen) CHECK(step::width_of(line) == size.width);
}

}  // namespace

TEST_CASE("a screen has exactly the size of its terminal, at every position and for every text") {
  for (const step::Program& program : step::programs()) {
    Session session(program);
    for (step::Index i = 0; i < session.size(); ++i) {
      session.go(i);
      for (const Size size : {Size{80, 24}, {132, 50}, {40, 12}, {20, 5}, {1, 1}}) {
        CAPTURE(program.name);
        CAPTURE(i);
        CAPTURE(size.width);
        check_size(screen_of(session, "a message", size), size);
        for (const char* line : {"explain", "help", "value 0"})
          for (const std::size_t top : {0U, 5U, 1000U}) {
            step::Scrolled text{step::obey(session, line).lines, top};
            check_size(screen_of(text, size), size);
          }
      }
    }
  }
}

TEST_CASE("at 80 x 24 every position shows its record, formula, gradients and keys") {
  for (const step::Program& program : step::programs()) {
    Session session(program);
    for (step::Index i = 0; i < session.size(); ++i) {
      session.go(i);
      const std::string screen = plain(screen_of(session, "a message", {}));
      CAPTURE(screen);
      CHECK(contains(screen, step::progress_of(session)));
      CHECK(contains(screen, step::source_line(session.record().where.line()) + '\n'));
      CHECK(contains(screen, "\n>" + std::string(session.record().slot.record < 10 ? "  " : " ") +
                                 std::to_string(session.record().slot.record)));
      CHECK(contains(screen, "q quit\na message\n"));
      CHECK(!contains(screen, "(e explains all of it)"));
      if (session.forward()) continue;
      for (std::size_t k = 0; k < session.record().inputs.size(); ++k)
        if (session.record().inputs[k] >= 0)
          CHECK(contains(screen, "to #" + std::to_string(session.record().inputs[k])));
    }
  }
}

TEST_CASE("forward, back and forward again give the same screens") {
  for (const step::Program& program : step::programs()) {
    Session session(program);
    const auto screen_at = [&](step::Index position) {
      session.go(position);
      return plain(screen_of(session, "", {}), true);
    };
    std::vector<std::string> screens;
    for (step::Index i = 0; i < session.size(); ++i) screens.push_back(screen_at(i));
    for (step::Index i = session.size() - 1; i >= 0; --i) CHECK(screen_at(i) == screens[ebb::to_size(i)]);
    for (step::Index i = 0; i < session.size(); ++i) CHECK(screen_at(i) == screens[ebb::to_size(i)]);
  }
}

TEST_CASE("colour adds escapes and nothing else") {
  Session session(step::find_program("attention"));
  session.go(session.size() - 2);
  const auto screen = screen_of(session, "", {});
  const std::string coloured = plain(screen, true), bare = plain(screen, false);
  CHECK(contains(coloured, "\x1b["));
  CHECK(!contains(bare, "\x1b"));
  const std::regex escape("\x1b\\[[0-9]*m"), trailing(" +\n");
  CHECK(std::regex_replace(std::regex_replace(coloured, escape, ""), trailing, "\n") == bare);
}

TEST_CASE("a list that is longer than the screen shows the current record") {
  Session session(step::find_program("attention"));
  for (step::Index i = 0; i < session.size(); ++i) {
    session.go(i);
    CHECK(contains(plain(screen_of(session, "", {80, 12})), "\n>"));
  }
}

TEST_CASE("a text scrolls no further than its end") {
  step::Scrolled text;
  for (int i = 0; i < 30; ++i) text.lines.push_back({{std::to_string(i)}});
  text.top = 1000;
  const std::string screen = plain(screen_of(text, {40, 12}));
  CHECK(text.top == 20);
  CHECK(screen.starts_with("20\n"));
  CHECK(contains(screen, "lines 21 to 30 of 30"));
}

TEST_CASE("the gradient of a leaf is read out") {
  Session session(step::find_program("formula"));
  session.go(session.size() - 1);
  CHECK(contains(plain(block_of(session)), "where x grows by a little h, f changes by 2.5839 h."));
}

TEST_CASE("an input that is taken twice gets the sum of both derivatives") {
  Session session(step::find_program("neuron"));
  session.go(session.forward_size());  // loss = square(error)
  const std::string block = plain(block_of(session));
  CHECK(contains(block, "  a,b   #5        0.40437\n"));
  CHECK(contains(block, "  da+db to #5     0.80874\n"));
}
