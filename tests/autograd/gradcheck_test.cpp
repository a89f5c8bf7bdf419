#include <cmath>

#include "support/check.hpp"

// gradcheck is only worth as much as it can fail: each op here is wrong in one way, and must be found out.

using namespace ebb_test;

namespace {

using T = Tensor<double>;
using Backward = void (*)(const Record<double>&, const T&, Adjoints<double>&);

ebb::Array<double> cube_forward(Record<double>& r, ebb::Inputs<double> x) {
  r.save(x[0]);
  return (x[0].detach() * x[0].detach() * x[0].detach()).value();
}

// y = x^3      dx = 3 dy x^2, or what stands there instead
T cube(const T& x, const Op<double>& op) { return apply(op, {&x}, {}, ebb::SourceLocation::current()); }

constexpr Op<double> right{"right", cube_forward, [](const Record<double>& r, const T& dy, Adjoints<double>& d) {
                             d.add(0, dy * 3 * r.saved[0] * r.saved[0]);
                           }};
constexpr Op<double> wrong_first{
    "wrong_first", cube_forward,
    [](const Record<double>& r, const T& dy, Adjoints<double>& d) { d.add(0, dy * 3.001 * r.saved[0] * r.saved[0]); }};
/// One x is taken for a constant.
constexpr Op<double> wrong_second{"wrong_second", cube_forward,
                                  [](const Record<double>& r, const T& dy, Adjoints<double>& d) {
                                    d.add(0, dy * 3 * r.saved[0] * r.saved[0].detach());
                                  }};
/// dy is taken for a constant: the second derivative lacks the part by the cotangent.
constexpr Op<double> wrong_cotangent{"wrong_cotangent", cube_forward,
                                     [](const Record<double>& r, const T& dy, Adjoints<double>& d) {
                                       d.add(0, dy.detach() * 3 * r.saved[0] * r.saved[0]);
                                     }};
/// The fast path for plain walks is right, the one that create_graph records is not.
constexpr Op<double> wrong_composed{"wrong_composed", cube_forward,
                                    [](const Record<double>& r, const T& dy, Adjoints<double>& d) {
                                      d.add(0, dy * (d.create_graph() ? 2.999 : 3.0) * r.saved[0] * r.saved[0]);
                                    }};
constexpr Op<double> wrong_fused{"wrong_fused", cube_forward,
                                 [](const Record<double>& r, const T& dy, Adjoints<double>& d) {
                                   d.add(0, dy * (d.create_graph() ? 3.0 : 2.999) * r.saved[0] * r.saved[0]);
                                 }};
/// Wrong in one element only.
constexpr Op<double> wrong_in_one{"wrong_in_one", cube_forward,
                                  [](const Record<double>& r, const T& dy, Adjoints<double>& d) {
                                    d.add(0, dy * T({4}, {3, 3, 3.5, 3}) * r.saved[0] * r.saved[0]);
                                  }};
constexpr Op<double> not_a_number{"not_a_number", cube_forward,
                                  [](const Record<double>& r, const T& dy, Adjoints<double>& d) {
                                    d.add(0, dy * T({4}, {3, NAN, 3, 3}) * r.saved[0] * r.saved[0]);
                                  }};
constexpr Op<double> missing{"missing", cube_forward, [](const Record<double>&, const T&, Adjoints<double>&) {}};

const Values x{T({4}, {0.5, -1, 1.5, 2})};

GradcheckReport check(const Op<double>& op, ebb::GradcheckOptions options = {}) {
  return ebb::gradcheck([&](const Values& v) { return cube(v[0], op); }, x, options);
}

}  // namespace

TEST_CASE("gradcheck passes what is right, and counts its calls") {
  const int before = ebb::gradchecks_run();
  CHECK(check(right).message == "");
  CHECK(check(right));
  CHECK(ebb::gradchecks_run() == before + 2);
}

TEST_CASE("gradcheck finds a wrong first derivative, at either order") {
  for (int order : {1, 2}) {
    const GradcheckReport report = check(wrong_first, {.order = order});
    CHECK(!report);
    CHECK(contains(report.message, "first order: directional derivative"));
  }
  CHECK(!check(missing));
}

TEST_CASE("gradcheck finds a wrong second derivative, which the first order does not show") {
  for (const Op<double>* op : {&wrong_second, &wrong_cotangent}) {
    CHECK(check(*op, {.order = 1}));
    const GradcheckReport report = check(*op);
    CHECK(!report);
    CHECK(contains(report.message, "second order, derivative with respect to input 0"));
  }
  // wrong_second is off at x, input 0; wrong_cotangent at the cotangent, which comes last.
  CHECK(contains(check(wrong_second).message, "worst at input 0 of shape [4]"));
  CHECK(contains(check(wrong_cotangent).message, "worst at input 1 of shape [4]"));
}

TEST_CASE("gradcheck finds a fused derivative that differs from the composed one, whichever is wrong") {
  const GradcheckReport composed = check(wrong_composed);
  CHECK(!composed);
  CHECK(contains(composed.message, "a plain walk gives"));
  CHECK(contains(composed.message, "one with create_graph"));
  CHECK(!check(wrong_fused));
  CHECK(!check(wrong_fused, {.order = 1}));
}

TEST_CASE("gradcheck finds NaN, in a derivative or a value") {
  CHECK(!check(not_a_number, {.order = 1}));
  CHECK(contains(check(not_a_number, {.order = 1}).message, "element 1: derivative nan"));
  CHECK(!check(not_a_number));
  CHECK(!ebb::gradcheck([](const Values& v) { return v[0] * NAN; }, x));
}

TEST_CASE("the message names the input and the worst element") {
  const GradcheckReport report =
      ebb::gradcheck([](const Values& v) { return v[0] * cube(v[1], wrong_in_one); }, {T({4}, {1, 1, 1, 1}), x[0]});
  CHECK(!report);
  CHECK(contains(report.message, "worst at input 1 of shape [4], element 2: derivative "));
  CHECK(contains(report.message, "central difference "));
}

TEST_CASE("gradcheck says what it cannot check") {
  auto identity = [](const Values& v) { return v[0]; };
  CHECK_ERROR(ebb::gradcheck(identity, {}), "at least one input");
  CHECK_ERROR(ebb::gradcheck(identity, x, {.order = 3}), "order 1 or 2, not 3");
  CHECK_ERROR(ebb::gradcheck([](const Values&) { return T(); }, x), "undefined");
  int calls = 0;
  auto fickle = [&](const Values& v) { return ++calls > 2 ? sum_to(v[0], {}) : v[0]; };
  CHECK_ERROR(ebb::gradcheck(fickle, x, {.order = 1}), "the same shape each time");
}

TEST_CASE("gradcheck works inside a tape's scope, and leaves that tape alone") {
  ebb::Tape<double> tape;
  const T leaf = tape.watch(x[0]);
  CHECK(ebb::gradcheck([](const Values& v) { return cube(v[0], right); }, {leaf}));
  CHECK(tape.size() == 1);
}

TEST_CASE("a function that depends on none of its inputs has derivatives of zero") {
  CHECK(ebb::gradcheck([](const Values&) { return T({2}, {1, 2}); }, x));
}

TEST_CASE("a check that could not fail is refused") {
  const auto f = [](const Values& x) { return sum(x[0]); };
  const Values x{ebb::ones<double>({2})};
  for (const ebb::GradcheckOptions& options : std::vector<ebb::GradcheckOptions>{
           {.step = 0}, {.step = NAN}, {.tolerance = NAN}, {.tolerance = -1}, {.projections = 0}})
    CHECK_ERROR(gradcheck(f, x, options), "gradcheck() needs a step and a number of projections above 0");
  CHECK_ERROR(ebb::gradcheck(nullptr, x), "gradcheck() got no function");
}
