#include <thread>

#include "support/check.hpp"

using namespace ebb_test;

namespace {

Tensor<float> inner_layer(const Tensor<float>& x, SourceLocation at = SourceLocation::current()) {
  const Scope scope("inner", at);
  return x * x;
}

Tensor<float> outer_layer(const Tensor<float>& x, SourceLocation at = SourceLocation::current()) {
  const Scope scope("outer", at);
  return inner_layer(x) + x;
}

}  // namespace

TEST_CASE("scopes nest, and join with dots") {
  CHECK(Scope::current().empty());
  {
    const Scope blocks("blocks");
    const Scope three("3"), nameless("");
    CHECK(Scope::current() == "blocks.3");
    std::thread([] { CHECK(Scope::current().empty()); }).join();
  }
  CHECK(Scope::current().empty());
}

TEST_CASE("a record knows its op, its scope, and the line on which the user called") {
  Tape<float> tape;
  const Tensor<float> x = tape.watch(ebb::ones<float>({2}));
  const int line = __LINE__ + 1;
  const Tensor<float> y = outer_layer(x);
  const Tensor<float> z = y - x;
  CHECK(tape[0].op->name == std::string("watch"));
  CHECK(tape[1].op->name == std::string("multiply"));
  CHECK(*tape[1].scope == "outer.inner");
  CHECK(*tape[2].scope == "outer");
  CHECK(tape[3].scope->empty());
  for (ebb::Index record : {1, 2}) CHECK(tape[record].where.line() == line);  // the outermost layer's
  CHECK(tape[3].where.line() == line + 1);
  CHECK(contains(tape[1].where.file(), "scope_test.cpp"));
}

TEST_CASE("what a derivative records shows the scope and line of the op that it differentiates") {
  Tape<float> tape;
  const Tensor<float> x = tape.watch(ebb::ones<float>({}));
  const Tensor<float> y = outer_layer(x);
  (void)grad(y, x, {.create_graph = true});
  CHECK(tape.size() > 3);
  CHECK(*tape[3].scope == "outer.inner");
  CHECK(tape[3].where.line() == tape[1].where.line());
  CHECK(Scope::current().empty());
}

TEST_CASE("an error names the op, the user's line and the scope") {
  {
    const Scope scope("blocks.3");
    CHECK_ERROR(ebb::zeros<float>({2}) + ebb::zeros<float>({3}), "add: ", "scope_test.cpp:", "in blocks.3");
  }
  CHECK(Scope::current().empty());
}

TEST_CASE("recording is switched off and on by scopes") {
  CHECK(RecordingScope::recording());
  {
    const NoRecording off;
    CHECK(!RecordingScope::recording());
    {
      const RecordingScope on(true);
      CHECK(RecordingScope::recording());
    }
    CHECK(!RecordingScope::recording());
    std::thread([] { CHECK(RecordingScope::recording()); }).join();
  }
  CHECK(RecordingScope::recording());
}

TEST_CASE("names that no tape needs any more do not pile up") {
  const auto name_of = [](int i) { return "step " + std::to_string(i) + std::string(200, '.'); };
  [[maybe_unused]] const auto before = ebb_test::resident_bytes();
  for (int i = 0; i < 200'000; ++i) const ebb::Scope scope(name_of(i));
#ifndef EBB_NO_POOL  // sanitizers keep what was freed
  CHECK(ebb_test::resident_bytes() < before + 20'000'000);
#endif
  const ebb::Scope outer("outer");
  Tape<float> tape;
  {
    const ebb::Scope inner("inner");
    (void)tape.watch(ebb::Tensor<float>({}, {1}));
  }
  for (int i = 0; i < 10'000; ++i) const ebb::Scope scope(name_of(i));
  CHECK(*tape[0].scope == "outer.inner");
}
