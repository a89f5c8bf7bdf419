#include "commands.hpp"

#include <doctest/doctest.h>

namespace {

using step::Answer;
using step::Session;

std::string message(Session& session, const char* line) {
  const Answer answer = step::obey(session, line);
  REQUIRE(answer.kind == Answer::said);
  return answer.message;
}

std::string text_of(Session& session, const char* line) {
  const Answer answer = step::obey(session, line);
  REQUIRE(answer.kind == Answer::shown);
  std::string text;
  for (const step::Line& each : answer.lines) text += step::to_text(each, false) + '\n';
  return text;
}

}  // namespace

TEST_CASE("a command goes by its key or its word") {
  Session session(step::find_program("formula"));
  for (const char* line : {"next", "n", "  next  ", ""}) {
    CHECK(step::obey(session, line).kind == Answer::moved);
  }
  CHECK(session.position() == 4);
  for (const char* line : {"back", "b"}) CHECK(step::obey(session, line).kind == Answer::moved);
  CHECK(session.position() == 2);
  CHECK(step::obey(session, "run add").kind == Answer::moved);
  CHECK(session.position() == 4);
  for (const char* line : {"quit", "q"}) CHECK(step::obey(session, line).kind == Answer::quit);
}

TEST_CASE("the ends of the tape are told") {
  Session session(step::find_program("formula"));
  CHECK(message(session, "back") == "This is the start");
  session.go(session.size() - 1);
  CHECK(message(session, "next").starts_with("This is the end"));
  CHECK(session.position() == session.size() - 1);
}

TEST_CASE("values and gradients are shown by number or name") {
  Session session(step::find_program("formula"));
  session.go(session.forward_size() + 1);
  for (const char* line : {"value 2", "v #2", "value product"})
    CHECK(text_of(session, line) == "value of #2 product, shape []\n\n   6\n");
  CHECK(text_of(session, "gradient x") == "gradient so far of #0 x, shape []\n\n  -0.41615\n");
  CHECK(text_of(session, "gradient f") == "gradient of #4 f, shape []\n\n   1\n");
  CHECK(message(session, "gradient y") == "Nothing has flowed to #1 y so far");
}

TEST_CASE("what cannot be shown is answered by what can") {
  Session session(step::find_program("formula"));
  session.go(1);
  CHECK(message(session, "value 3") == "#3 wave is not made yet; so far there are #0 to #1");
  CHECK(message(session, "gradient x") == "#0 x has no gradient yet: the walk back begins after record #4");
  for (const char* line : {"value 9", "value -1", "value 1x", "value 99999999999999999999"})
    CHECK(message(session, line).ends_with("; they go from 0 to 4, some by a name, such as f"));
  CHECK(message(session, "run tanh") ==
        "No record ahead has 'tanh' in its op or name; ahead are: multiply, sin, add, watch");
  CHECK(session.position() == 1);
}

TEST_CASE("a word that is no command, and one with too much or too little behind it") {
  Session session(step::find_program("formula"));
  CHECK(message(session, "jump") ==
        "There is no 'jump'; there is next, back, run, finish, value, gradient, explain, help, quit");
  CHECK(message(session, "\x1b[31mred\xff").starts_with("There is no '?[31mred?'"));
  CHECK(message(session, "run") == "'run' needs more: run OP");
  CHECK(message(session, "v") == "'value' needs more: value RECORD");
  CHECK(message(session, "next 3") == "'next' stands alone, without '3'");
  CHECK(session.position() == 0);
}

TEST_CASE("the help shows every command, and the program") {
  Session session(step::find_program("formula"));
  const std::string help = text_of(session, "help");
  for (const step::Command& each : step::commands()) CHECK(help.find(each.word) != std::string::npos);
  CHECK(help.find("  const Tensor wave = sin(x);\n") != std::string::npos);
  CHECK(help.ends_with("  }\n"));
}
