#include <cmath>
#include <stdexcept>

#include "support/check.hpp"

// An operation of your own: two functions, a constant, and the function that users call. This file shows the three
// cases there are: an op of one input, one with attributes, and one of any number of inputs.

using namespace ebb_test;

namespace {

// y = x / (1 + x^2)      dx = dy (1 - x^2) / (1 + x^2)^2
//
// The forward function works on plain numbers and saves what the derivative will need. The derivative is written with
// ops, so that it can be differentiated in turn.
template <class T>
Array<T> witch_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  Array<T> y(x[0].shape());
  T* values = y.mutable_data();
  for (Index i = 0; i < y.size(); ++i) values[i] = x[0].data()[i] / (1 + x[0].data()[i] * x[0].data()[i]);
  return y;
}

template <class T>
void witch_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>& x = r.saved[0];
  const Tensor<T> s = 1 + x * x;
  if (d.needs(0)) d.add(0, dy * (2 - s) / (s * s));
}

template <class T>
constexpr Op<T> witch_op{"witch", witch_forward<T>, witch_backward<T>};

/// Takes tensors and parameters alike; `at` is the caller's line, for messages and tables.
template <class T>
Tensor<T> witch(const Operand<T>& x, SourceLocation at = SourceLocation::current()) {
  return apply(witch_op<T>, {&x}, {}, at);
}

// y = c0 + c1 x + c2 x^2 + ...      dx = dy (c1 + 2 c2 x + ...)
//
// What the op takes beyond its inputs goes into a struct of its own, which names its fields in `visit`.
using Coefficients = std::vector<double>;
struct PolynomialAttributes {
  Coefficients coefficients;
  static void visit(auto& self, auto&& field) { field("coefficients", self.coefficients); }
};

Tensor<double> polynomial(const Operand<double>& x, Coefficients c, SourceLocation at = SourceLocation::current());

Array<double> polynomial_forward(Record<double>& r, Inputs<double> x) {
  r.save(x[0]);
  const auto& [c] = r.attributes.as<PolynomialAttributes>();
  Array<double> y(x[0].shape(), 0.0);
  double* values = y.mutable_data();
  for (Index i = 0; i < y.size(); ++i)
    for (std::size_t k = c.size(); k-- > 0;) values[i] = values[i] * x[0].data()[i] + c[k];
  return y;
}

void polynomial_backward(const Record<double>& r, const Tensor<double>& dy, Adjoints<double>& d) {
  const auto& [c] = r.attributes.as<PolynomialAttributes>();
  Coefficients slope;
  for (std::size_t k = 1; k < c.size(); ++k) slope.push_back(static_cast<double>(k) * c[k]);
  if (d.needs(0)) d.add(0, dy * polynomial(r.saved[0], slope));
}

constexpr Op<double> polynomial_op{"polynomial", polynomial_forward, polynomial_backward};

Tensor<double> polynomial(const Operand<double>& x, Coefficients c, SourceLocation at) {
  return apply(polynomial_op, {&x}, PolynomialAttributes{std::move(c)}, at);
}

// y = x_0 + x_1 + ...      dx_i = dy
Array<double> sum_all_forward(Record<double>&, Inputs<double> x) {
  Array<double> y(x[0].shape(), 0.0);
  double* values = y.mutable_data();
  for (const auto& part : x) {
    if (part.shape() != y.shape())
      throw ebb::Error("all must have one shape, but there are " + to_string(y.shape()) + " and " +
                       to_string(part.shape()));
    for (Index i = 0; i < y.size(); ++i) values[i] += part.data()[i];
  }
  return y;
}

void sum_all_backward(const Record<double>& r, const Tensor<double>& dy, Adjoints<double>& d) {
  for (std::size_t i = 0; i < r.inputs.size(); ++i)
    if (d.needs(i)) d.add(i, dy);
}

constexpr Op<double> sum_all_op{"sum_all", sum_all_forward, sum_all_backward};

Tensor<double> sum_all(const std::vector<Tensor<double>>& x, SourceLocation at = SourceLocation::current()) {
  return apply(sum_all_op, Inputs<double>(x), {}, at);
}

}  // namespace

TEST_CASE("an operation of the user's own: value, derivatives, and a name on the tape") {
  Tape<double> tape;
  const Tensor<double> x = tape.watch(Tensor<double>({2}, {2, 0}));
  const Tensor<double> y = witch(x);
  CHECK(y.to_vector() == std::vector<double>{0.4, 0});
  CHECK(vjp(y, x, Tensor<double>({2}, {1, 1})).at({0}) == doctest::Approx(-3.0 / 25));
  CHECK(contains(to_string(tape), "witch"));
  CHECK(contains(to_string(tape), "op_test.cpp:"));
  CHECK(witch(ebb::Parameter<float>(Array<float>({}, 2.0f))).item() == doctest::Approx(0.4));

  for (const Shape& shape : {Shape{}, Shape{2, 3}, Shape{0}})
    check_gradients([](const Values& v) { return witch(v[0]); }, {ebb::uniform<double>(shape, ebb::Key{1}, -2, 2)});
}

TEST_CASE("an operation with attributes, differentiated by itself") {
  Tape<double> tape;
  const Tensor<double> x = tape.watch(Tensor<double>({}, {2}));
  const Tensor<double> y = polynomial(x, {1, 0, 3, 1});  // 1 + 3 x^2 + x^3
  CHECK(y.item() == 21);
  CHECK(grad(y, x).item() == 24);
  CHECK(hessian(y, x).item() == 18);
  check_gradients(
      [](const Values& v) {
        return polynomial(v[0], {1, -2, 3, 1});
      },
      {ebb::uniform<double>({4}, ebb::Key{2}, -1, 1)});
}

TEST_CASE("an operation of any number of inputs, constants among them") {
  Tape<double> tape;
  std::vector<Tensor<double>> x;
  for (int i = 0; i < 10; ++i) x.push_back(Tensor<double>({2}, {1.0 * i, 1}));
  for (int i = 0; i < 10; i += 2) x[ebb::to_size(i)] = tape.watch(x[ebb::to_size(i)]);
  const Tensor<double> y = sum_all(x);
  CHECK(y.to_vector() == std::vector<double>{45, 10});
  tape.backward(sum_to(y * y, {}));
  CHECK(tape.gradient(x[8]).to_vector() == std::vector<double>{90, 20});
  check_gradients([](const Values& v) { return sum_all(v) * v[2]; }, {5, ebb::uniform<double>({3}, ebb::Key{3})});
}

TEST_CASE("what a user's operation throws comes with its name and the caller's line") {
  CHECK_ERROR(sum_all({ebb::ones<double>({2}), ebb::ones<double>({3})}),
              "sum_all: all must have one shape, but there are [2] and [3]", "op_test.cpp:");
}

TEST_CASE("an exception that is no Error passes through, and leaves the tape as it was") {
  static constexpr Op<double> breaks{
      "breaks", [](Record<double>&, Inputs<double>) -> ebb::Array<double> { throw std::runtime_error("broken"); },
      [](const Record<double>&, const Tensor<double>&, Adjoints<double>&) {}};
  Tape<double> tape;
  const Tensor<double> x = tape.watch(Tensor<double>({}, {1}));
  const auto before = tape.size();
  CHECK_THROWS_WITH_AS(apply(breaks, {&x}, {}, ebb::SourceLocation::current()), "broken", std::runtime_error);
  CHECK(tape.size() == before);
}

TEST_CASE("a braced list of more inputs than four is refused with the caller's line") {
  static constexpr Op<double> first{"first", [](Record<double>&, Inputs<double> x) { return x[0].value(); }, nullptr};
  const Tensor<double> x({}, {1});
  CHECK_ERROR(apply(first, {&x, &x, &x, &x, &x}, {}, ebb::SourceLocation::current()),
              "first: a braced list holds from one to four inputs, not 5; pass a span", "op_test.cpp:");
}

TEST_CASE("a derivative that gives an adjoint of the wrong shape is found out") {
  static constexpr Op<double> wrong{
      "wrong", [](Record<double>&, Inputs<double> x) { return x[0].value(); },
      [](const Record<double>&, const Tensor<double>&, Adjoints<double>& d) { d.add(0, ebb::ones<double>({3})); }};
  Tape<double> tape;
  const Tensor<double> x = tape.watch(ebb::ones<double>({2}));
  const Tensor<double> y = sum_to(apply(wrong, {&x}, {}, SourceLocation::current()), {});
  CHECK_ERROR(tape.backward(y),
              "the derivative of wrong (record 1) gave input 0 an adjoint of shape [3], but that input "
              "has [2]");
}

TEST_CASE("a derivative that asks for an input that is not there, or gives nothing, is found out") {
  constexpr auto copy = [](Record<double>&, Inputs<double> x) { return x[0].value(); };
  static constexpr Op<double> asks{
      "asks", copy, [](const Record<double>&, const Tensor<double>&, Adjoints<double>& d) { d.needs(1); }};
  static constexpr Op<double> gives{
      "gives", copy, [](const Record<double>&, const Tensor<double>& dy, Adjoints<double>& d) { d.add(2, dy); }};
  static constexpr Op<double> gives_nothing{
      "gives_nothing", copy, [](const Record<double>&, const Tensor<double>&, Adjoints<double>& d) { d.add(0, {}); }};
  Tape<double> tape;
  const Tensor<double> x = tape.watch(Tensor<double>({}, {3}));
  const auto derivative = [&](const Op<double>& op) { return grad(apply(op, {&x}, {}, SourceLocation::current()), x); };
  CHECK_ERROR(derivative(asks), "the derivative of asks (record 1) asks for input 1, but it has 1");
  CHECK_ERROR(derivative(gives), "the derivative of gives (record 2) asks for input 2, but it has 1");
  CHECK_ERROR(derivative(gives_nothing),
              "gave input 0 an adjoint of shape none: it is undefined, but that input has []");
}

TEST_CASE("what an untracked call saves is kept nowhere") {
  Tape<double> tape;
  Array<double> value({1000}, 1.0);
  const Tensor<double> y = witch(Tensor<double>(value));
  CHECK(value.sole_owner());
  CHECK(tape.size() == 0);
}
