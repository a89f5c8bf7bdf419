#include <cmath>
#include <limits>

#include "support/check.hpp"

using namespace ebb_test;
using ebb::nn::ParameterList;

namespace {

/// Parameters with these gradients; their values are 1.
template <class T>
ParameterList<T> with_gradients(std::initializer_list<std::vector<T>> gradients) {
  ParameterList<T> list;
  for (const std::vector<T>& gradient : gradients) {
    const ebb::Shape shape(static_cast<ebb::Index>(gradient.size()));
    Parameter<T> parameter(Array<T>(shape, T{1}), "p" + std::to_string(list.size()));
    parameter.set_gradient(Array<T>(shape, std::span<const T>(gradient)));
    list.add(parameter);
  }
  return list;
}

}  // namespace

TEST_CASE("clipping by norm scales all gradients by one factor") {
  auto list = with_gradients<double>({{3, 0}, {-4}, {12}});
  const auto report = ebb::nn::clip_by_norm(list, 6.5);
  CHECK(report.norm_before == doctest::Approx(13));
  CHECK(report.norm_after == doctest::Approx(6.5));
  CHECK(report.factor() == doctest::Approx(0.5));
  CHECK(report.share_clipped == 1);
  CHECK(list[0].gradient().to_vector() == std::vector<double>{1.5, 0});
  CHECK(list[1].gradient().to_vector() == std::vector<double>{-2});
  CHECK(list[2].gradient().to_vector() == std::vector<double>{6});
}

TEST_CASE("clipping each by norm scales those parameters alone that go beyond") {
  auto list = with_gradients<double>({{3, 4}, {-0.25, 0.5}, {12}});
  const auto report = ebb::nn::clip_gradients(list, ebb::nn::clip_each_by_norm(1));
  CHECK(list[0].gradient().to_vector() == std::vector<double>{0.6000000000000001, 0.8});
  CHECK(list[1].gradient().to_vector() == std::vector<double>{-0.25, 0.5});
  CHECK(list[2].gradient().item() == doctest::Approx(1));
  CHECK(report.norm_before == doctest::Approx(std::sqrt(25 + 0.3125 + 144)));
  CHECK(report.norm_after == doctest::Approx(std::sqrt(1 + 0.3125 + 1)));
  CHECK(report.share_clipped == 0.6);
}

TEST_CASE("adaptive clipping scales the units whose gradient is large beside their weights, and no others") {
  // two units: the columns. Their weights have the norms 5 and 13, their gradients 10 and 1; the bound is 0.1 |w|.
  Parameter<double> w(Array<double>({2, 2}, {3, 5, 4, 12}), "w"), bias(Array<double>({3}, {0, 0, 0}), "bias");
  w.set_gradient(Array<double>({2, 2}, {6, 0.6, -8, 0.8}));
  bias.set_gradient(Array<double>({3}, {0.25, 0, 0}));  // |w| counts as 2.5, and the bound is its tenth
  ParameterList<double> list;
  list.add(w), list.add(bias);
  const auto report = ebb::nn::clip_gradients(list, ebb::nn::clip_adaptively(0.1, 2.5));
  const auto clipped = w.gradient().to_vector();
  CHECK(clipped[0] == doctest::Approx(0.3));
  CHECK(clipped[1] == 0.6);
  CHECK(clipped[2] == doctest::Approx(-0.4));
  CHECK(clipped[3] == 0.8);
  CHECK(bias.gradient().to_vector() == std::vector<double>{0.25, 0, 0});
  CHECK(report.norm_before == doctest::Approx(std::sqrt(100 + 1 + 0.0625)));
  CHECK(report.norm_after == doctest::Approx(std::sqrt(0.25 + 1 + 0.0625)));
  CHECK(report.share_clipped == doctest::Approx(2.0 / 7));
}

TEST_CASE("a vector is one unit to adaptive clipping, and weights at zero still move") {
  Parameter<float> bias(Array<float>({2}, {0, 0}), "bias");
  bias.set_gradient(Array<float>({2}, {3, 4}));
  ParameterList<float> list;
  list.add(bias);
  CHECK(ebb::nn::clip_gradients(list, ebb::nn::clip_adaptively(0.01)).share_clipped == 1);
  CHECK(bias.gradient().at({0}) == doctest::Approx(0.6e-5).scale(0));
  CHECK(bias.gradient().at({1}) == doctest::Approx(0.8e-5).scale(0));
}

TEST_CASE("adaptive clipping takes empty, single, huge and tiny gradients") {
  Parameter<double> empty(Array<double>(ebb::Shape{0, 3}), "empty"),
      no_units(Array<double>(ebb::Shape{3, 0}), "no units"), single(Array<double>(ebb::Shape{}, 2.0), "single"),
      huge(Array<double>({2, 2}, {1, 1, 0, 0}), "huge");
  empty.set_gradient(Array<double>(ebb::Shape{0, 3})), no_units.set_gradient(Array<double>(ebb::Shape{3, 0}));
  single.set_gradient(Array<double>(ebb::Shape{}, 4.0));
  huge.set_gradient(Array<double>({2, 2}, {3e200, 1e-200, 4e200, 0}));
  ParameterList<double> list;
  for (const auto* parameter : {&empty, &no_units, &single, &huge}) list.add(*parameter);
  CHECK(ebb::nn::clip_gradients(list, ebb::nn::clip_adaptively(0.5)).share_clipped == 0.6);
  CHECK(single.gradient().item() == 1);
  CHECK(huge.gradient().at({0, 0}) == doctest::Approx(0.3));
  CHECK(huge.gradient().at({0, 1}) == 1e-200);
  CHECK(huge.gradient().at({1, 0}) == doctest::Approx(0.4));
}

TEST_CASE("each way of clipping does in a step what it does to gradients by itself") {
  for (const ebb::nn::Clip& clip : {ebb::nn::clip_by_norm(0.5), ebb::nn::clip_each_by_norm(0.5),
                                    ebb::nn::clip_adaptively(0.2), ebb::nn::clip_by_value(0.5)}) {
    auto list = with_gradients<double>({{3, 0.125}, {-4}, {0.1, 0.2, 0.05}});
    auto copies = with_gradients<double>({{3, 0.125}, {-4}, {0.1, 0.2, 0.05}});
    ebb::nn::SGD optimizer(list, {.lr = 1, .clip = clip});
    const auto report = optimizer.step();
    const auto report_alone = ebb::nn::clip_gradients(copies, clip);
    CHECK(report.norm_before == report_alone.norm_before);
    CHECK(report.norm_after == report_alone.norm_after);
    CHECK(report.share_clipped == report_alone.share_clipped);
    CHECK(report.share_clipped > 0);
    double squares = 0;
    for (std::size_t i = 0; i < list.size(); ++i)
      for (ebb::Index k = 0; k < list[i].size(); ++k) {
        const double gradient = copies[i].gradient().at({k});
        squares += gradient * gradient;
        CHECK(1 - list[i].value().at({k}) == doctest::Approx(gradient));
      }
    CHECK(std::sqrt(squares) == doctest::Approx(report.norm_after));
  }
}

TEST_CASE("a step that clips leaves a gradient alone that somebody else holds") {
  auto list = with_gradients<double>({{3, 4}});
  const Tensor<double> held = list[0].gradient();
  ebb::nn::SGD(list, {.lr = 1, .clip = ebb::nn::clip_adaptively(0.1)}).step();
  CHECK(held.to_vector() == std::vector<double>{3, 4});
}

TEST_CASE("clipping by norm leaves gradients within the bound alone") {
  auto list = with_gradients<float>({{3, 0}, {-4}});
  const auto report = ebb::nn::clip_by_norm(list, 5.0);
  CHECK(!report.clipped());
  CHECK(report.norm_after == 5);
  CHECK(list[0].gradient().to_vector() == std::vector<float>{3, 0});
}

TEST_CASE("clipping by value holds each element, and tells the share of those held") {
  auto list = with_gradients<double>({{3, -0.25}, {-4, 0.5}});
  const auto report = ebb::nn::clip_by_value(list, 0.5);
  CHECK(list[0].gradient().to_vector() == std::vector<double>{0.5, -0.25});
  CHECK(list[1].gradient().to_vector() == std::vector<double>{-0.5, 0.5});
  CHECK(report.share_clipped == 0.5);
  CHECK(report.norm_before == doctest::Approx(std::sqrt(9 + 0.0625 + 16 + 0.25)));
  CHECK(report.norm_after == doctest::Approx(std::sqrt(0.25 + 0.0625 + 0.25 + 0.25)));
}

TEST_CASE("a clipped gradient is a buffer of its own") {
  auto list = with_gradients<double>({{3, 4}});
  const Tensor<double> before = list[0].gradient();
  ebb::nn::clip_by_norm(list, 1.0);
  CHECK(before.to_vector() == std::vector<double>{3, 4});
}

TEST_CASE("frozen parameters and those without a gradient are passed over by clipping") {
  auto list = with_gradients<double>({{3, 4}, {100}});
  list[1].set_trainable(false);
  list.add(Parameter<double>(Array<double>({2}, 1.0)));
  CHECK(ebb::nn::clip_by_norm(list, 2.5).norm_before == 5);
  CHECK(list[1].gradient().to_vector() == std::vector<double>{100});
}

TEST_CASE("clipping stops at a gradient that is not finite, and changes nothing") {
  auto list = with_gradients<float>({{3, 4}, {1, std::numeric_limits<float>::quiet_NaN()}});
  CHECK_ERROR(ebb::nn::clip_by_value(list, 0.5), "the gradient of parameter 'p1' is not finite: 1 of its 2 elements");
  CHECK(list[0].gradient().to_vector() == std::vector<float>{3, 4});
}

TEST_CASE("norms neither overflow nor vanish on the way") {
  CHECK(ebb::nn::clip_by_norm(with_gradients<double>({{3e200, 4e200}}), 1.0).norm_before ==
        doctest::Approx(5e200).scale(0));
  CHECK(ebb::nn::clip_by_norm(with_gradients<double>({{3e-200}, {4e-200}}), 1.0).norm_before ==
        doctest::Approx(5e-200).scale(0));
  CHECK(ebb::nn::clip_by_norm(with_gradients<float>({{3e30F, 4e30F}}), 1.0).norm_before ==
        doctest::Approx(5e30).scale(0));
  CHECK(ebb::nn::clip_by_norm(with_gradients<float>({{0, 0}}), 1.0).norm_before == 0);
}

TEST_CASE("clipping measures every element of gradients of any size") {
  for (const std::size_t n : {1U, 2U, 7U, 8U, 9U, 15U, 16U, 17U, 31U, 33U, 70U, 40000U, 100003U}) {
    CAPTURE(n);
    std::vector<float> gradient(n);
    double squares = 0, held = 0;
    std::size_t beyond = 0;
    for (std::size_t i = 0; i < n; ++i) {
      gradient[i] = static_cast<float>(i % 2 == 0 ? 1 : -1) * static_cast<float>(i % 5) * 0.25F;
      const double size = static_cast<double>(i % 5) * 0.25;
      squares += size * size, held += std::min(size, 0.5) * std::min(size, 0.5), beyond += size > 0.5;
    }
    const auto report = ebb::nn::clip_by_value(with_gradients<float>({gradient}), 0.5);
    CHECK(report.norm_before == doctest::Approx(std::sqrt(squares)).epsilon(1e-12));
    CHECK(report.norm_after == doctest::Approx(std::sqrt(held)).epsilon(1e-12));
    CHECK(report.share_clipped == static_cast<double>(beyond) / static_cast<double>(n));
  }
}

TEST_CASE("clipping finds what is not finite, wherever it stands") {
  for (const std::size_t n : {1U, 7U, 16U, 17U, 33U, 40000U})
    for (const std::size_t place : {std::size_t{0}, n / 2, n - 1})
      for (const float bad : {NAN, INFINITY, -INFINITY}) {
        CAPTURE(n);
        CAPTURE(place);
        std::vector<float> gradient(n, 1);
        gradient[place] = bad;
        const auto list = with_gradients<float>({{1, 2}, gradient});
        const std::string message = "'p1' is not finite: 1 of its " + std::to_string(n) + " elements";
        CHECK_ERROR(ebb::nn::clip_by_norm(list, 1), message);
        CHECK_ERROR(ebb::nn::clip_by_value(list, 1), message);
      }
}

TEST_CASE("an optimizer refuses a bound that is not greater than 0, whoever made the Clip") {
  const ebb::nn::ParameterList<float> none;
  using Kind = ebb::nn::Clip::Kind;
  for (const double limit : {double{NAN}, -1.0, 0.0}) {
    CHECK_ERROR((ebb::nn::SGD<float>(none, {.clip = {Kind::norm, limit}})), "clip_by_norm(", "must be greater than 0");
    CHECK_ERROR((ebb::nn::AdamW<float>(none, {.clip = {Kind::value, limit}})), "clip_by_value(", "greater than 0");
  }
  CHECK_NOTHROW(ebb::nn::SGD<float>(none, {.clip = {Kind::none, NAN}}));
}

TEST_CASE("a bound that is not greater than 0 is refused") {
  CHECK_ERROR(ebb::nn::clip_by_norm(0), "clip_by_norm(0): the bound must be");
  CHECK_THROWS_WITH_AS(ebb::nn::clip_by_value(-1), "clip_by_value(-1): the bound must be greater than 0", ebb::Error);
  CHECK_ERROR(ebb::nn::clip_by_value(std::nan("")), "clip_by_value(nan)");
  CHECK_ERROR(ebb::nn::clip_each_by_norm(0), "clip_each_by_norm(0): the bound must be greater than 0");
  CHECK_ERROR(ebb::nn::clip_adaptively(-1), "clip_adaptively(-1): the bound must be greater than 0");
  CHECK_ERROR(ebb::nn::clip_adaptively(0.1, -1), "clip_adaptively(): the least norm must be at least 0, not -1");
}

TEST_CASE("clipping by norm makes the norm the limit, of huge gradients too") {
  for (const double limit : {1.0, 1e-3, 1e-6}) {
    Parameter<float> w(Array<float>({4}, 0.0f), "w");
    w.set_gradient(Array<float>({4}, 3e38f));
    ebb::nn::ParameterList<float> list;
    list.add(w);
    ebb::nn::clip_by_norm(list, limit);
    CHECK(w.gradient().at({0}) == doctest::Approx(limit / 2).epsilon(1e-6).scale(0));
  }
}
