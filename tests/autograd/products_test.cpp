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

// loss = x0^2 x1 + x1^3 with x0 and x1 apart, at (2, 3): the Hessian as above.
TEST_CASE("products with respect to several tensors and parameters, by one call") {
  Tape<double> tape;
  const T a = tape.watch(T({}, {2}));
  const ebb::Parameter<double> b(T({}, {3}));
  const T loss = a * a * b + b * b * b;
  const auto size = tape.size();
  const auto product = hvp(loss, {a, b}, {T({}, {1}), T({}, {-2})});
  CHECK(product.size() == 2);
  CHECK(product[0].item() == -2);
  CHECK(product[1].item() == -32);
  CHECK(jvp(loss, {a, b}, {T({}, {1}), T({}, {-2})}).item() == 12 - 2 * 31);
  const auto row = vjp(loss, {a, b}, T({}, {2}));
  CHECK(row[0].item() == 24);
  CHECK(row[1].item() == 62);
  // Linear in one of the two: its own gradient is a constant.
  CHECK(hvp(a * a + b, {a, b}, {T({}, {1}), T({}, {1})})[0].item() == 2);
  CHECK(hvp(a * a + b, {a, b}, {T({}, {1}), T({}, {1})})[1].item() == 0);
  tape.rewind(size);
  CHECK_ERROR(hvp(loss, {a, b}, {T({}, {1})}), "needs a vector for each of 2 tensors or parameters, but got 1");
  CHECK_ERROR(jvp(loss, {a, b}, {T({}, {1}), T({1}, {1})}), "needs a vector of shape [], but got [1]");
  CHECK(tape.size() == size);
}

TEST_CASE("grad takes a vector of tensors and a list of parameters") {
  std::vector<ebb::Parameter<double>> list;
  list.emplace_back(T({}, {2}));
  list.emplace_back(T({}, {3}));
  Tape<double> tape;
  const T x = tape.watch(T({}, {5})), loss = list[0] * list[1] * x;
  CHECK(grad(loss, list)[0].item() == 15);
  CHECK(grad(loss, list)[1].item() == 10);
  CHECK(grad(loss, std::vector<T>{x})[0].item() == 6);
  CHECK(grad(loss, std::vector<T>()).empty());
}

// y_ij = x_i0 x_i1 (j = 0) and x_i1^2 (j = 1)
TEST_CASE("batched_jacobian gives each sample's own Jacobian, in as many walks as a sample of y has elements") {
  Tape<double> tape;
  const T x = tape.watch(T({3}, {1, 2, 3}));
  const T y = x * x;
  CHECK(batched_jacobian(y, x).shape() == Shape{3});
  CHECK(batched_jacobian(y, x).to_vector() == List{2, 4, 6});
  CHECK_ERROR(batched_jacobian(x * total(x), x), "the samples of y depend on each other's x");
  CHECK_ERROR(batched_jacobian(total(x), x), "y must have samples along its first axis");
  const T two = tape.watch(T({2}, {1, 2}));
  CHECK_ERROR(batched_jacobian(x, two), "x has shape [2], but its first axis should count the 3 samples");
}

TEST_CASE("per_sample_gradients gives the gradient of each sample alone") {
  const ebb::Parameter<double> w(T({2}, {1, 2})), unused(T({}, {1}));
  const std::vector<T> x{T({2}, {1, 0}), T({2}, {3, -1}), T({2}, {0, 0})};
  const auto loss_of = [&](ebb::Index i) { return total(w * w * x[static_cast<std::size_t>(i)]); };
  std::vector<ebb::Parameter<double>> list;
  list.push_back(w.shared());
  list.push_back(unused.shared());
  const std::vector<T> each = ebb::per_sample_gradients(3, list, loss_of);
  CHECK(each[0].shape() == Shape{3, 2});
  CHECK(each[0].to_vector() == List{2, 0, 6, -4, 0, 0});
  CHECK(each[1].to_vector() == List{0, 0, 0});
  CHECK(!w.gradient().defined());
  CHECK(ebb::per_sample_gradients(0, list, loss_of)[0].shape() == Shape{0, 2});
  CHECK_ERROR(ebb::per_sample_gradients(2, list, [&](ebb::Index) { return w * w; }),
              "a gradient is that of one element");
}

TEST_CASE("a walk between two records of a long tape, and past a checkpoint, sees no others") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3}));
  const T early = x * x;
  T y = ebb::checkpoint([](const T& a) { return a * a; }, early);  // x^4
  const T before = y;
  for (int i = 0; i < 50; ++i) y = y * x;
  const T last = x * x * x;
  const auto size = tape.size();
  CHECK(grad(last, x).item() == 27);
  CHECK(grad(before, x).item() == 4 * 27);  // records behind y stand between it and those that the checkpoint makes
  CHECK(grad(before, early).item() == 2 * 9);
  CHECK(grad(early, {x, before})[1].item() == 0);  // y before a target
  CHECK(grad(early, before).item() == 0);
  CHECK(grad(grad(before, x, {.create_graph = true}), x).item() == 12 * 9);
  CHECK(hvp(before, x, T({}, {1})).item() == 12 * 9);
  CHECK(tape.size() > size);
  ebb::Walk<double> walk(tape, before);
  CHECK(walk.step());
  CHECK(walk.record().slot.record == before.slot().record);
}
