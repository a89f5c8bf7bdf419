#include "support/check.hpp"

using namespace ebb_test;

namespace {

using T = Tensor<double>;
using List = std::vector<double>;

}  // namespace

TEST_CASE("a watched tensor is a leaf, and gradient() tells what a walk left at it") {
  Tape<double> tape;
  const T x0({2}, {1, 2});
  const T x = tape.watch(x0), unused = tape.watch(x0);
  CHECK(!x0.tracked());
  CHECK(x.tracked());
  CHECK(x.value().shares_buffer_with(x0.value()));
  tape.backward(sum_to(x * x, {}));
  CHECK(tape.gradient(x).to_vector() == List{2, 4});
  CHECK(tape.gradient(unused).to_vector() == List{0, 0});
}

TEST_CASE("gradient() is that of the last walk") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), z = tape.watch(T({}, {5}));
  tape.backward(x * z, {.keep = true});
  CHECK(tape.gradient(x).item() == 5);
  tape.backward(z * z);
  CHECK(tape.gradient(z).item() == 10);
  CHECK(tape.gradient(x).item() == 0);
}

TEST_CASE("gradient() says what it does not know") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), y = x * x;
  CHECK_ERROR(tape.gradient(x), "no backward() has run");
  tape.backward(y);
  CHECK_ERROR(tape.gradient(y), "record 1 (multiply) is no watched leaf");
  CHECK_ERROR(tape.gradient(T({}, {3})), "tape.watch(value)");
  CHECK_ERROR(tape.watch(T()), "undefined");
}

TEST_CASE("detach() cuts the tape: the value is a constant") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), h = x * x;
  tape.backward(h.detach() * x);
  CHECK(tape.gradient(x).item() == 9);
  CHECK(h.detach().value().shares_buffer_with(h.value()));
}

TEST_CASE("walks that accumulate add up at watched leaves, too") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), z = tape.watch(T({}, {4})), y = x * x, w = x * z;
  tape.backward(y, {.keep = true});
  tape.backward(w, {.keep = true, .accumulate = true});
  CHECK(tape.gradient(x).item() == 6 + 4);
  CHECK(tape.gradient(z).item() == 3);
  tape.backward(y, {.keep = true, .accumulate = true});  // does not reach z
  CHECK(tape.gradient(x).item() == 16);
  CHECK(tape.gradient(z).item() == 3);
  tape.backward(y, {.keep = true});
  CHECK(tape.gradient(x).item() == 6);
  CHECK(tape.gradient(z).item() == 0);
}
