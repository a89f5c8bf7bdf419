#include <cstdlib>

#include "support/check.hpp"

using namespace ebb_test;

namespace {

/// Uses a layer when it ends, which is after main for an object with static storage, and after all that belongs to the
/// main thread alone.
struct Late {
  explicit Late(Generator& generator) : layer(2, 2, generator) {}
  ~Late() {
    const Scope scope("late");
    Tape<float> tape;
    tape.backward(sum(layer(ones<float>({1, 2}))));
    bool thrown = false;
    try {
      (void)layer(ones<float>({1, 3}));
    } catch (const Error&) {
      thrown = true;
    }
    if (!thrown || !layer.bias.gradient().defined()) std::abort();
  }
  nn::Linear<> layer;
};

}  // namespace

TEST_CASE("a tape with static storage may be read until it ends") {
  static Tape<float> tape;
  struct Reader {
    ~Reader() {
      if (*tape[0].scope != "kept") std::abort();
    }
  };
  static const Reader reader;
  const Scope scope("kept");
  CHECK(tape.watch(ones<float>({1})).tracked());
  tape.rewind(1);
}

TEST_CASE("a layer with static storage works until it ends, after main") {
  Generator generator(1);
  static const Late late(generator);
  CHECK(late.layer(ones<float>({1, 2})).shape() == Shape{1, 2});
}
