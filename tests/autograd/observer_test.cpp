#include <ebb/ebb.hpp>

#include <string>
#include <vector>

#include "support/check.hpp"

using namespace ebb_test;
using T = ebb::Tensor<double>;

namespace {

/// Notes each call as a line of text.
struct Trace : ebb::Observer<double> {
  void recorded(const Record<double>& record, const T& value) override {
    lines.push_back(std::string(record.op->name) + " gave " + std::to_string(value.item()));
  }
  void reached(const Record<double>& record, const T& adjoint) override {
    lines.push_back("reached " + std::string(record.op->name) + " with " + std::to_string(adjoint.item()));
  }
  void passed_on(const Record<double>& record, std::size_t input, const T& adjoint) override {
    lines.push_back(std::string(record.op->name) + " passed on " + std::to_string(adjoint.item()) + " to input " +
                    std::to_string(input));
  }
  void announced(const std::string& scope, const T& x) override { lines.push_back(scope + to_string(x.shape())); }

  std::vector<std::string> lines;
};

}  // namespace

TEST_CASE("an observer sees what is recorded, reached and passed on, in order") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3}));
  const auto trace = std::make_shared<Trace>();
  tape.observe(trace);
  tape.backward(x * exp(x - 3));
  CHECK(trace->lines == std::vector<std::string>{
                            "subtract gave 0.000000",
                            "exp gave 1.000000",
                            "multiply gave 3.000000",
                            "reached multiply with 1.000000",
                            "multiply passed on 1.000000 to input 0",
                            "multiply passed on 3.000000 to input 1",
                            "reached exp with 3.000000",
                            "exp passed on 3.000000 to input 0",
                            "reached subtract with 3.000000",
                            "subtract passed on 3.000000 to input 0",
                            "reached watch with 4.000000",
                        });
}

TEST_CASE("observers see what layers announce while the tape records") {
  Tape<double> tape;
  const auto trace = std::make_shared<Trace>();
  tape.observe(trace);
  const T x = tape.watch(T({2}, {1, 2}));
  const ebb::Scope scope("block");
  announce(x);
  {
    ebb::NoRecording off;
    announce(x);
  }
  CHECK(trace->lines == std::vector<std::string>{"block[2]"});
}

TEST_CASE("observers see what is announced in a checkpoint when it runs, and when the walk runs it again") {
  struct FirstTimes : ebb::Observer<double> {
    explicit FirstTimes(const Tape<double>& watched) : tape(watched) {}
    void announced(const std::string&, const T&) override { seen.push_back(tape.in_checkpoint()); }
    const Tape<double>& tape;
    std::vector<bool> seen;
  };
  Tape<double> tape;
  const auto first_times = std::make_shared<FirstTimes>(tape);
  tape.observe(first_times);
  const T x = tape.watch(T({2}, {1, 2}));
  const T y = checkpoint([](const T& a) { return announce(a * a), a * a; }, x);
  CHECK(first_times->seen == std::vector<bool>{true});
  tape.backward(ebb::sum(y));
  CHECK(first_times->seen == std::vector<bool>{true, false});
}

TEST_CASE("what an observer computes is not recorded, and it may register others") {
  struct Computing : ebb::Observer<double> {
    explicit Computing(Tape<double>& watched) : tape(watched) {}
    void recorded(const Record<double>&, const T& value) override {
      CHECK(!exp(value).tracked());
      for (int i = 0; i < 10; ++i) tape.observe(std::make_shared<Trace>());
    }
    Tape<double>& tape;
  };
  Tape<double> tape;
  tape.observe(std::make_shared<Computing>(tape));
  const T x = tape.watch(T({}, {3}));
  const T y = x * x;
  CHECK(tape.size() == 2);
}

TEST_CASE("an exception of an observer ends the operation or the walk, and nothing is half done") {
  struct Failing : ebb::Observer<double> {
    void recorded(const Record<double>& record, const T&) override {
      const std::string op = record.op->name;
      if (op == "sin" || op == "checkpoint") throw std::runtime_error("no " + op);
    }
    void passed_on(const Record<double>& record, std::size_t, const T&) override {
      if (std::string(record.op->name) == "exp") throw std::runtime_error("no derivative of exp");
    }
  };
  const ebb::Parameter<double> w(ebb::Array<double>({}, {2}));
  Tape<double> tape;
  tape.observe(std::make_shared<Failing>());
  const T y = exp(w * 1);
  const ebb::Index size = tape.size();
  CHECK_THROWS_WITH(sin(y), "no sin");
  CHECK_THROWS_WITH(checkpoint([](const auto& v) { return exp(v); }, y), "no checkpoint");
  CHECK(tape.size() == size);
  CHECK_THROWS_WITH(tape.backward(y), "no derivative of exp");
  CHECK(!w.gradient().defined());
}

TEST_CASE("a Break from a record that the walk made for a while says -1 for its number") {
  struct Stopping : ebb::Observer<double> {
    void reached(const Record<double>& record, const T&) override {
      if (std::string(record.op->name) == "exp") throw ebb::Break("here", record.slot, EventKind::adjoint);
    }
  };
  Tape<double> tape;
  const T x = tape.watch(T({}, {2}));
  tape.observe(std::make_shared<Stopping>());
  const T y = checkpoint([](const T& a) { return exp(a); }, x);
  try {
    tape.backward(y);
    FAIL("nothing was thrown");
  } catch (const ebb::Break& stop) {
    CHECK(stop.record == -1);
  }
}

TEST_CASE("an observer that is a null pointer is refused") {
  Tape<double> tape;
  CHECK_ERROR(tape.observe(nullptr), "null pointer");
}
