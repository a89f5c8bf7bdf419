#include <experiment/clipping_effect.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <ebb/ebb.hpp>
#include <limits>

using namespace vanishing_attention;
using ebb::nn::clip_by_norm;
using ebb::nn::clip_by_value;

namespace {

/// Three parameters with the gradients (3, 0), (0, -4) and none.
ebb::nn::ParameterList<float> parameters() {
  ebb::nn::ParameterList<float> list;
  for (const char* name : {"a", "b", "c"}) list.add(ebb::Parameter<float>(ebb::Array<float>({2}, {1, 1}), name));
  list[0].set_gradient(ebb::Array<float>({2}, {3, 0}));
  list[1].set_gradient(ebb::Array<float>({2}, {0, -4}));
  return list;
}

}  // namespace

TEST_CASE("clipping by norm changes neither ratios nor direction") {
  const ClippingEffect effect = clipping_effect(7, parameters(), clip_by_norm(1));
  CHECK(effect.step == 7);
  CHECK(effect.changed);
  CHECK(effect.ratio_change < 1e-6);
  CHECK(effect.largest_growth == 0);
  CHECK(effect.cosine == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("clipping by value changes both, by what one reckons by hand") {
  // (3, 0), (0, -4) -> (3, 0), (0, -3): the whole from 5 to sqrt(18).
  const ClippingEffect effect = clipping_effect(0, parameters(), clip_by_value(3));
  CHECK(effect.changed);
  CHECK(effect.ratio_change == doctest::Approx(5 / std::sqrt(18.0) - 1).epsilon(1e-6));  // a's share grew
  CHECK(effect.largest_growth == 0);
  CHECK(effect.cosine == doctest::Approx((9 + 12) / (5 * std::sqrt(18.0))).epsilon(1e-6));
}

TEST_CASE("a limit that is not reached has no effect") {
  for (const ebb::nn::Clip clip : {clip_by_norm(5.1), clip_by_value(4)}) {
    const ClippingEffect effect = clipping_effect(0, parameters(), clip);
    CHECK_FALSE(effect.changed);
    CHECK(effect.ratio_change == 0);
    CHECK(effect.largest_growth == 0);
    CHECK(effect.cosine == doctest::Approx(1).epsilon(1e-6));
  }
}

TEST_CASE("looking at what clipping would do leaves the gradients as they are") {
  const auto list = parameters();
  const ebb::Tensor<float> a = list[0].gradient(), b = list[1].gradient();
  (void)clipping_effect(0, list, clip_by_value(0.1));
  CHECK(list[0].gradient().value().shares_buffer_with(a.value()));
  CHECK(list[0].gradient().to_vector() == std::vector<float>{3, 0});
  CHECK(list[1].gradient().value().shares_buffer_with(b.value()));
  CHECK(list[1].gradient().to_vector() == std::vector<float>{0, -4});
  CHECK_FALSE(list[2].gradient().defined());
  CHECK(list[0].value().to_vector() == std::vector<float>{1, 1});
}

TEST_CASE("gradients too small for single precision tell nothing about ratios") {
  auto list = parameters();
  list[0].set_gradient(ebb::Array<float>({2}, {1e-44f, 0}));  // clipping to a fourth loses most of its digits
  CHECK(clipping_effect(0, list, clip_by_norm(1)).ratio_change < 1e-6);
}

TEST_CASE("without any gradient the direction is not measured") {
  auto list = parameters();
  for (auto& parameter : list) parameter.clear_gradient();
  const ClippingEffect effect = clipping_effect(0, list, clip_by_norm(1));
  CHECK_FALSE(effect.changed);
  CHECK(std::isnan(effect.cosine));
}

TEST_CASE("a gradient that is not finite is an error") {
  auto list = parameters();
  list[0].set_gradient(ebb::Array<float>({2}, {std::numeric_limits<float>::infinity(), 0}));
  CHECK_THROWS_AS((void)clipping_effect(0, list, clip_by_norm(1)), ebb::Error);
  CHECK_THROWS_AS((void)clipping_effect(0, list, clip_by_value(1)), ebb::Error);
}
