#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

using T = Tensor<double>;
using List = std::vector<double>;

}  // namespace

// y = (x0^2, x1^2, x2^2) * (x0 + x1 + x2), at (1, 2, 3): dy_i/dx_j = x_i^2 + [i = j] 2 x_i s, with s = 6
TEST_CASE("vjp, jvp and jacobian give hand-computed values") {
  Tape<double> tape;
  const T x = tape.watch(T({3}, {1, 2, 3}));
  const T y = x * x * total(x);
  const auto size = tape.size();
  for (int round = 0; round < 2; ++round) {
    CHECK(jacobian(y, x).to_vector() == List{13, 1, 1, 4, 28, 4, 9, 9, 45});
    CHECK(jacobian(y, x).shape() == Shape{3, 3});
    CHECK(vjp(y, x, T({3}, {1, 0, 2})).to_vector() == List{31, 19, 91});
    CHECK(jvp(y, x, T({3}, {1, 0, 2})).to_vector() == List{15, 12, 99});
    CHECK(tape.size() == size);
  }
}

// loss = x0^2 x1 + x1^3, at (2, 3): gradient (2 x0 x1, x0^2 + 3 x1^2), Hessian ((2 x1, 2 x0), (2 x0, 6 x1))
TEST_CASE("hvp and hessian give hand-computed values, and leave the tape as it was") {
  const ebb::Parameter<double> x(ebb::Array<double>({2}, {2, 3}));
  const T first({2}, {1, 0}), second({2}, {0, 1});
  Tape<double> tape;
  const T a = total(x * first), b = total(x * second);
  const T loss = a * a * b + b * b * b;
  const auto size = tape.size();
  for (int round = 0; round < 2; ++round) {
    CHECK(hessian(loss, x).to_vector() == List{6, 4, 4, 18});
    CHECK(hessian(loss, x).shape() == Shape{2, 2});
    CHECK(hvp(loss, x, T({2}, {1, -2})).to_vector() == List{-2, -32});
    CHECK(tape.size() == size);
  }
  tape.backward(loss);
  CHECK(x.gradient().to_vector() == List{12, 31});
}

TEST_CASE("the results of products are constants, and so are those of tensors that do not depend on x") {
  Tape<double> tape;
  const T x = tape.watch(T({2}, {2, 3})), z = tape.watch(T({2}, {1, 1})), v({2}, {1, 1});
  const T y = x * x, loss = total(y);
  for (const T& product : {vjp(y, x, v), jvp(y, x, v), hvp(loss, x, v), jacobian(y, x), hessian(loss, x)})
    CHECK(!product.tracked());
  // The cotangent and a saved tensor may pass through as they are: they too must come out untracked.
  CHECK(!vjp(x, x, z).tracked());
  CHECK(!grad(total(x), x, {.cotangent = total(z)}).tracked());
  CHECK(vjp(y, z, v).to_vector() == List{0, 0});
  CHECK(jvp(y, z, v).to_vector() == List{0, 0});
  CHECK(hvp(loss, z, v).to_vector() == List{0, 0});
  CHECK(hvp(total(x), x, v).to_vector() == List{0, 0});  // linear: no second derivative
  CHECK(jacobian(y, z).to_vector() == List{0, 0, 0, 0});
  CHECK(hessian(total(x), x).to_vector() == List{0, 0, 0, 0});
  CHECK_ERROR(jvp(v, x, v), "y stands on no tape");
}

TEST_CASE("products of a tape that is not the innermost, of a linear function too") {
  Tape<double> tape;
  const T x = tape.watch(T({2}, {2, 3})), v({2}, {1, 1}), linear = total(x), loss = total(x * x);
  Tape<double> inner;
  CHECK(hvp(loss, x, v).to_vector() == List{2, 2});
  CHECK(hvp(linear, x, v).to_vector() == List{0, 0});
  CHECK(hessian(linear, x).to_vector() == List{0, 0, 0, 0});
  CHECK(jvp(linear, x, v).item() == 2);
  CHECK(inner.size() == 0);
}

TEST_CASE("products through checkpoint, and of empty tensors") {
  Tape<double> tape;
  const T x = tape.watch(T({3}, {1, 2, 3})), none = tape.watch(T({0}, {}));
  const T y = ebb::checkpoint([](const T& a) { return a * a * total(a); }, x);
  const T none_squared = none * none, nothing = total(none);
  const auto size = tape.size();
  CHECK(jacobian(y, x).to_vector() == List{13, 1, 1, 4, 28, 4, 9, 9, 45});
  CHECK(jvp(y, x, T({3}, {1, 0, 2})).to_vector() == List{15, 12, 99});
  CHECK(jacobian(none_squared, none).shape() == Shape{0, 0});
  CHECK(jacobian(nothing, none).shape() == Shape{0});
  CHECK(jvp(none_squared, none, T({0}, {})).shape() == Shape{0});
  CHECK(tape.size() == size);
}

TEST_CASE("products refuse vectors that do not fit") {
  Tape<double> tape;
  const T x = tape.watch(T({2}, {1, 2})), y = total(x * x), v({3}, {1, 2, 3});
  CHECK_ERROR(vjp(y, x, v), "vjp() needs a vector of shape [], but got [3]");
  CHECK_ERROR(jvp(y, x, v), "jvp() needs a vector of shape [2], but got [3]");
  CHECK_ERROR(hvp(y, x, T()), "hvp() needs a vector of shape [2], but got an undefined tensor");
  CHECK_ERROR(hvp(x, x, x), "a gradient is that of one element");
  CHECK_ERROR(jacobian(T(), x), "undefined");
  CHECK(tape.size() == 3);
}
