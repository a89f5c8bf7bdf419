#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

using T = Tensor<double>;
using List = std::vector<double>;

}  // namespace

// The adjoints of a and b begin as one and the same buffer, that of dy; then each gets more added to it.
TEST_CASE("the two adjoints of y = a + b do not write into each other") {
  Tape<double> tape;
  const T a = tape.watch(T({2}, {1, 2})), b = tape.watch(T({2}, {3, 4}));
  const T y = 10 * a + 100 * b + (a + b);
  const T z = a + b;
  tape.backward(total(y * T({2}, {1, 2}) + z * z));
  CHECK(tape.gradient(a).to_vector() == List{11 + 8, 22 + 12});
  CHECK(tape.gradient(b).to_vector() == List{101 + 8, 202 + 12});
}

TEST_CASE("a tensor added to itself gets both adjoints") {
  Tape<double> tape;
  const T a = tape.watch(T({2}, {1, 2}));
  const T doubled = a + a, four = doubled + doubled;
  tape.backward(total(four));
  CHECK(tape.gradient(a).to_vector() == List{4, 4});
}

TEST_CASE("accumulation does not write into a cotangent that the caller holds, nor into a returned gradient") {
  Tape<double> tape;
  const T a = tape.watch(T({2}, {1, 2})), y = a + a * 3;
  const T u({2}, {5, 6});
  const T g = grad(y, a, {.cotangent = u}), again = grad(y, a, {.cotangent = u});
  CHECK(u.to_vector() == List{5, 6});
  CHECK(g.to_vector() == List{20, 24});
  CHECK(again.to_vector() == List{20, 24});
}

TEST_CASE("two parameters whose gradients began as one buffer do not write into each other") {
  ebb::Parameter<double> v(ebb::Array<double>({2}, 1.0)), w(ebb::Array<double>({2}, 1.0));
  for (int round = 1; round <= 2; ++round) {
    Tape<double> tape;
    tape.backward(total(v + w));
    ebb::Array<double> taken = v.gradient().value();
    taken.mutable_data()[0] = 100;
    CHECK(v.gradient().to_vector() == List(2, round));
    CHECK(w.gradient().to_vector() == List(2, round));
  }
}

TEST_CASE("sums of adjoints can themselves be differentiated") {
  check_gradients([](const Values& x) { return x[0] * x[1] + x[0] * x[0] * x[1] + x[0] + x[0]; },
                  {T({3}, {1, -2, 0.5}), T({3}, {2, 1, -1})});
}
