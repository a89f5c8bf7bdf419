#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

using T = Tensor<double>;
using List = std::vector<double>;

}  // namespace

TEST_CASE("grad gives the gradient for each x, in their order, and touches nothing else") {
  const Parameter<double> w(T({2}, {3, 4}).value());
  Tape<double> tape;
  const T x = tape.watch(T({2}, {1, 2}));
  const T y = total(x * x * w);
  const auto size = tape.size();
  const auto g = grad(y, {w, x});
  CHECK(g[0].to_vector() == List{1, 4});
  CHECK(g[1].to_vector() == List{6, 16});
  CHECK(!g[0].tracked());
  CHECK(!w.gradient().defined());
  CHECK(tape.size() == size);
  CHECK(grad(y, {x})[0].to_vector() == List{6, 16});
  CHECK(grad(y, std::vector<T>{x, x})[1].to_vector() == List{6, 16});
  CHECK(grad(y, x).to_vector() == List{6, 16});
}

TEST_CASE("grad takes a cotangent for results of more than one element") {
  Tape<double> tape;
  const T x = tape.watch(T({2}, {1, 2})), y = x * x;
  CHECK(grad(y, x, {.cotangent = T({2}, {10, 1})}).to_vector() == List{20, 4});
  CHECK_ERROR(grad(y, x), "y has shape [2]; a gradient is that of one element");
  CHECK_ERROR(grad(y, x, {.cotangent = T({3}, {1, 2, 3})}), "cotangent has shape [3], but y");
}

TEST_CASE("grad with create_graph can be differentiated again, to third order") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {2})), c = tape.watch(T({}, {3}));
  const T y = c * x * x * x * x;
  const T first = grad(y, x, {.create_graph = true});
  const T second = grad(first, x, {.create_graph = true});
  const T third = grad(second, x, {.create_graph = true});
  CHECK(first.item() == 4 * 3 * 8);
  CHECK(second.item() == 12 * 3 * 4);
  CHECK(third.item() == 24 * 3 * 2);
  CHECK(grad(third, c).item() == 24 * 2);
  CHECK(grad(third, x).item() == 24 * 3);
}

TEST_CASE("a gradient may be part of a loss") {
  const Parameter<double> w(T({}, {3}).value());
  Tape<double> tape;
  const T x = tape.watch(T({}, {2}));
  const T slope = grad(w * x * x, x, {.create_graph = true});  // 2 w x
  tape.backward(slope * slope);                                // 4 w^2 x^2
  CHECK(w.gradient().item() == 8 * 3 * 4);
  CHECK(tape.gradient(x).item() == 8 * 9 * 2);
}

TEST_CASE("grad gives zeros for what y does not depend on, an unused or frozen parameter if that is allowed") {
  const Parameter<double> unused(T({3}, {1, 2, 3}).value());
  Parameter<double> frozen(T({2}, {1, 2}).value());
  frozen.set_trainable(false);
  Tape<double> tape;
  const T x = tape.watch(T({2}, {1, 2})), z = tape.watch(T({2, 1}, {1, 2}));
  const T later = x * 5;
  const auto g = grad(total(x * frozen), {unused, z, frozen, later}, {.allow_unused = true});
  CHECK(g[0].to_vector() == List{0, 0, 0});
  CHECK(g[1].shape() == Shape{2, 1});
  CHECK(g[1].to_vector() == List{0, 0});
  CHECK(g[2].to_vector() == List{0, 0});
  CHECK(g[3].to_vector() == List{0, 0});
  CHECK(grad(T({}, {1}), x, {.allow_unused = true}).to_vector() == List{0, 0});  // a constant depends on nothing
}

TEST_CASE("grad refuses what was never recorded, unless it is allowed") {
  const Parameter<double> w(T({2}, {3, 4})), unused(T({3}, {1, 2, 3}), "idle");
  const T before = w * w;
  Tape<double> tape;
  const T x = tape.watch(T({2}, {1, 2}));
  CHECK_ERROR(grad(total(x * w), {x, unused}), "took x[1], parameter 'idle' of shape [3]", "allow_unused");
  CHECK_ERROR(grad(total(before), w), "y stands on no tape", "computed before the Tape", "allow_unused");
  CHECK_ERROR(vjp(before, w, before), "y stands on no tape");
  CHECK_ERROR(jacobian(before, w), "y stands on no tape");
  CHECK(hessian(total(x * w), x).to_vector() == List{0, 0, 0, 0});  // whose first derivative is a constant
  CHECK(hvp(total(x * w), x, before).to_vector() == List{0, 0});
}

TEST_CASE("grad takes intermediate tensors, y itself among them") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), h = x * x, y = h * h;
  const auto g = grad(y, {h, y, x});
  CHECK(g[0].item() == 18);
  CHECK(g[1].item() == 1);
  CHECK(g[2].item() == 108);
}

TEST_CASE("grad says what is wrong with x or y") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3}));
  CHECK_ERROR(grad(x * x, T({}, {3})), "x[0], of shape [], stands on no tape");
  CHECK_ERROR(grad(T(), x), "y is undefined");
}

TEST_CASE("where unused tensors are allowed, a constant y needs no tape") {
  const Parameter<double> w(T({2}, {3, 4}));
  CHECK(grad(total(w * w), w, {.allow_unused = true}).to_vector() == List{0, 0});
}

TEST_CASE("without a tape in scope, grad says so") {
  const Parameter<double> w(T({}, {3}).value());
  CHECK_ERROR(grad(w * w, w), "stands on no tape, and none is in scope");
}

TEST_CASE("a parameter given another value meanwhile has two leaves, which add up") {
  Parameter<double> w(T({}, {3}).value());
  Tape<double> tape;
  const T early = w * w;
  w.set_value(T({}, {5}).value());
  const T late = w * w * w;
  CHECK(tape.leaves_of(w).size() == 2);
  CHECK(grad(early, w).item() == 6);
  CHECK(grad(early + late, w).item() == 6 + 75);
  const T slope = grad(early + late, w, {.create_graph = true});
  CHECK(grad(slope, w).item() == 2 + 30);
  tape.backward(early + late);
  CHECK(w.gradient().item() == 6 + 75);
}

TEST_CASE("the gradient is a constant, even where the derivative hands on a tracked tensor as it stands") {
  Tape<double> tape;
  const T x = tape.watch(T({2}, {1, 2})), u = tape.watch(T({2}, {3, 4}));
  CHECK(!grad(x + 1, x, {.cotangent = u}).tracked());
  CHECK(grad(x + 1, x, {.cotangent = u, .create_graph = true}).tracked());
}

TEST_CASE("a failing derivative takes back what the walk recorded") {
  static constexpr ebb::Op<double> failing{"failing",
                                           [](ebb::Record<double>& r, ebb::Inputs<double> x) {
                                             r.save(x[0]);
                                             return x[0].value();
                                           },
                                           [](const ebb::Record<double>& r, const T& dy, ebb::Adjoints<double>& d) {
                                             d.add(0, dy * r.saved[0]);
                                             throw ebb::Error("no derivative today");
                                           }};
  Tape<double> tape;
  const T x = tape.watch(T({}, {3}));
  const T y = apply(failing, {&x}, {}, ebb::SourceLocation::current()) * x;
  const auto size = tape.size();
  CHECK_ERROR(grad(y, x, {.create_graph = true}), "no derivative today");
  CHECK(tape.size() == size);
  CHECK((x * x).slot().record == size);  // and it records again
}
