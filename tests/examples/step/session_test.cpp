#include <doctest/doctest.h>

#include <cmath>

#include "memory.hpp"
#include "session.hpp"

namespace {

using step::Session;

Session& at(Session& session, step::Index position) {
  session.go(position);
  return session;
}

std::size_t total(const std::map<const void*, std::size_t>& held) {
  std::size_t bytes = 0;
  for (const auto& [buffer, size] : held) bytes += size;
  return bytes;
}

}  // namespace

TEST_CASE("a session goes over the records, and then back over them") {
  Session session(step::find_program("formula"));
  REQUIRE(session.forward_size() == 5);
  REQUIRE(session.backward_size() == 5);
  for (step::Index i = 0; i < 5; ++i) {
    CHECK(at(session, i).record().slot.record == i);
    CHECK(session.forward());
    CHECK(session.walk() == nullptr);
  }
  for (step::Index i = 0; i < 5; ++i) {
    CHECK(at(session, 5 + i).record().slot.record == 4 - i);
    CHECK(!session.forward());
  }
}

TEST_CASE("a session's gradients add up as the walk passes what they come from") {
  Session session(step::find_program("formula"));
  CHECK(!at(session, 4).gradient(0).defined());
  CHECK(at(session, 5).gradient(2).item() == 1);  // the sum
  CHECK(!session.gradient(0).defined());
  CHECK(at(session, 6).gradient(0).item() == doctest::Approx(std::cos(2.0)));  // the sine
  CHECK(!session.passed(0));
  CHECK(at(session, 7).gradient(0).item() == doctest::Approx(3 + std::cos(2.0)));  // the product
  CHECK(at(session, 9).gradient(0).item() == doctest::Approx(3 + std::cos(2.0)));
  CHECK(session.passed(0));
  CHECK(at(session, 6).gradient(0).item() == doctest::Approx(std::cos(2.0)));  // and back
}

TEST_CASE("records go by the variables and parameters of the program") {
  Session session(step::find_program("neuron"));
  std::string names;
  for (step::Index i = 0; i < session.tape().size(); ++i) names += session.name(i) + ' ';
  CHECK(names == "w product b s y error loss ");
  CHECK(session.reference(4) == "#4 y");
}

TEST_CASE("each record of each program shows a line of it that names what it makes") {
  for (const step::Program& program : step::programs()) {
    Session session(program);
    for (step::Index i = 0; i < session.tape().size(); ++i) {
      CAPTURE(program.name);
      CAPTURE(i);
      CHECK(!session.name(i).empty());
      const std::string line = step::source_line(session.tape()[i].where.line());
      CHECK(line.find(session.name(i)) != std::string::npos);
      CHECK(line.size() < 64);  // fits a screen whole, behind "programs.cpp:NN  "
    }
  }
}

TEST_CASE("run goes to an op or name ahead, and nowhere if there is none") {
  Session session(step::find_program("attention"));
  CHECK(session.run_to("q"));  // the name, though others contain the letter
  CHECK(session.name(session.position()) == "q");
  CHECK(session.run_to("soft"));
  CHECK(std::string(session.record().op->name) == "softmax");
  CHECK(session.forward());
  CHECK(session.run_to("softmax"));
  CHECK(!session.forward());
  const step::Index before = session.position();
  CHECK(!session.run_to("softmax"));
  CHECK(session.position() == before);
}

TEST_CASE("finish goes to the end of each pass, and then to the start") {
  Session session(step::find_program("neuron"));
  session.finish();
  CHECK(session.position() == session.forward_size() - 1);
  session.finish();
  CHECK(session.position() == session.size() - 1);
  session.finish();
  CHECK(session.position() == 0);
}

TEST_CASE("an explanation names the file without its folders, and leaves the walk where it was") {
  Session session(step::find_program("softmax"));
  for (step::Index i = 0; i < session.size(); ++i) {
    session.go(i);
    const step::Tensor before = session.gradient(0);
    const std::string text = session.explain();
    CHECK(text.find(", made at programs.cpp:") != std::string::npos);
    CHECK(session.position() == i);
    CHECK(session.gradient(0).defined() == before.defined());
    if (before.defined()) CHECK(session.gradient(0).to_vector() == before.to_vector());
  }
}

TEST_CASE("what is shown as held is what an ordinary tape holds after that step") {
  for (const step::Program& program : step::programs()) {
    CAPTURE(program.name);
    step::Tape ordinary;
    const step::Tensor result = program.run(ordinary);
    const auto held = [&] {
      std::map<const void*, std::size_t> buffers;
      const auto add = [&]<class T>(const ebb::Array<T>& x) {
        if (x.defined()) buffers[x.data()] = ebb::to_size(x.size()) * sizeof(T);
      };
      for (step::Index i = 0; i < ordinary.size(); ++i) {
        for (std::size_t k = 0; k < ordinary[i].saved.size(); ++k) add(ordinary[i].saved[k].value());
        for (const auto& x : ordinary[i].cached) add(x);
        add(ordinary[i].output.value());
        for (const ebb::Attribute& attribute : ordinary[i].attributes.list())
          if (const auto* array = std::get_if<ebb::IntArray>(&attribute.value)) add(*array);
      }
      return buffers;
    };

    Session session(program);
    session.go(session.forward_size() - 1);
    CHECK(step::memory_at(session).bytes == total(held()));
    CHECK(step::memory_at(session).arrays == held().size());
    ebb::Walk walk(ordinary, result, {}, {.consume = true});
    while (walk.step()) {
      session.go(session.position() + 1);
      REQUIRE(session.record().slot.record == walk.record().slot.record);
      CHECK(step::memory_at(session).bytes == total(held()));
      CHECK(step::memory_at(session).arrays == held().size());
    }
    CHECK(session.position() == session.size() - 1);
    CHECK(step::memory_at(session).bytes == 0);
  }
}

TEST_CASE("what a step lets go of goes by name, and what others hold still is told apart") {
  Session session(step::find_program("attention"));
  session.go(session.forward_size());
  REQUIRE(session.run_to("output"));
  const step::Memory memory = step::memory_at(session);
  CHECK(memory.here == std::vector<std::string>{"#6 v (48 B)"});
  CHECK(memory.kept == std::vector<std::string>{"#9 weights (72 B)"});
}

TEST_CASE("an unknown program is refused with the nearest right name") {
  const auto message = [](const char* name) {
    try {
      step::find_program(name);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("found");
  };
  CHECK(message("neuron") == "found");
  CHECK(message("atention") ==
        "there is no program 'atention'; there is formula, neuron, softmax, attention. Start with, say: step "
        "attention");
  CHECK(message("xyzzyplugh").ends_with("Start with, say: step formula"));
}
