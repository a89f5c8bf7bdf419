#include <cmath>

#include "support/check.hpp"

using namespace ebb_test;
using ebb::nn::Init;

namespace {

std::vector<double> draw(const Shape& shape, Init init, std::uint64_t seed = 7) {
  ebb::Generator generator(seed);
  return ebb::nn::initialize<double>(shape, init, generator).to_vector();
}

double mean(const std::vector<double>& x) {
  double sum = 0;
  for (double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

double variance(const std::vector<double>& x) {
  const double center = mean(x);
  double sum = 0;
  for (double v : x) sum += (v - center) * (v - center);
  return sum / static_cast<double>(x.size());
}

double largest(const std::vector<double>& x) {
  double result = 0;
  for (double v : x) result = std::max(result, std::abs(v));
  return result;
}

const Shape wide{100, 300};

}  // namespace

TEST_CASE("each scheme has the variance that its source gives") {
  for (const auto& [init, expected] : std::vector<std::pair<Init, double>>{
           {Init::normal(0.5), 0.25},
           {Init::truncated_normal(1), 0.7737},  // of a normal distribution cut off at 2
           {Init::xavier_uniform(), 2.0 / 400},
           {Init::xavier_normal(), 2.0 / 400},
           {Init::kaiming_uniform(), 2.0 / 100},
           {Init::kaiming_normal(), 2.0 / 100},
           {Init::kaiming_normal().scaled(0.5), 0.5 / 100},
           {Init::orthogonal(), 1.0 / 300},
       }) {
    const auto scheme = static_cast<int>(init.scheme);
    CAPTURE(scheme);
    const auto x = draw(wide, init);
    CHECK(variance(x) == doctest::Approx(expected).epsilon(0.04).scale(0));
    CHECK(std::abs(mean(x)) < 4 * std::sqrt(expected / static_cast<double>(x.size())));
  }
}

TEST_CASE("uniform schemes fill their bounds, and normal ones go beyond") {
  const double bound = std::sqrt(6.0 / 400);
  CHECK(largest(draw(wide, Init::xavier_uniform())) <= bound);
  CHECK(largest(draw(wide, Init::xavier_uniform())) > 0.99 * bound);
  CHECK(largest(draw(wide, Init::xavier_normal())) > bound);
}

TEST_CASE("a truncated normal stays within two standard deviations") {
  const double most = largest(draw(wide, Init::truncated_normal(0.02)));
  CHECK(most <= 0.04);
  CHECK(most > 0.039);
  CHECK(largest(draw(wide, Init::truncated_normal(0.02).scaled(-1))) <= 0.04);
}

TEST_CASE("orthogonal rows or columns, whichever are fewer, are orthonormal times the gain") {
  for (const Shape& shape : {Shape{5, 12}, Shape{12, 5}, Shape{6, 6}, Shape{1, 4}}) {
    CAPTURE(to_string(shape));
    const auto x = draw(shape, Init::orthogonal().scaled(3));
    const bool tall = shape[0] > shape[1];
    const Index vectors = tall ? shape[1] : shape[0], width = tall ? shape[0] : shape[1];
    const auto element = [&](Index vector, Index k) {
      return x[ebb::to_size(tall ? k * vectors + vector : vector * width + k)];
    };
    for (Index a = 0; a < vectors; ++a)
      for (Index b = 0; b <= a; ++b) {
        double dot = 0;
        for (Index k = 0; k < width; ++k) dot += element(a, k) * element(b, k);
        CHECK(dot == doctest::Approx(a == b ? 9 : 0).epsilon(1e-12));
      }
  }
}

TEST_CASE("the matrices of a stack are drawn one by one") {
  const auto x = draw({2, 3, 3}, Init::orthogonal());
  CHECK(x[0] != x[9]);
  CHECK(x[0] * x[0] + x[1] * x[1] + x[2] * x[2] == doctest::Approx(1));
  CHECK(x[9] * x[9] + x[10] * x[10] + x[11] * x[11] == doctest::Approx(1));
}

TEST_CASE("the same seed gives the same numbers, in float those of double rounded") {
  CHECK(draw({3, 3}, Init::orthogonal()) == draw({3, 3}, Init::orthogonal()));
  CHECK(draw({3, 3}, Init::xavier_uniform()) != draw({3, 3}, Init::xavier_uniform(), 8));
  ebb::Generator generator(7);
  const auto x = ebb::nn::initialize<float>({3, 3}, Init::orthogonal(), generator);
  CHECK(x.at({1, 2}) == static_cast<float>(draw({3, 3}, Init::orthogonal())[5]));
}

TEST_CASE("zeros") { CHECK(draw({2}, Init::zeros()) == std::vector<double>{0, 0}); }

TEST_CASE("empty weights") {
  CHECK(draw({0, 3}, Init::orthogonal()).empty());
  CHECK(draw({3, 0}, Init::xavier_uniform()).empty());
  CHECK(draw({0, 0}, Init::kaiming_normal()).empty());
  CHECK(draw({0}, Init::truncated_normal(1)).empty());
}

TEST_CASE("a scheme that needs fans refuses a vector") {
  CHECK_ERROR(draw({3}, Init::xavier_uniform()), "Xavier initialisation needs a weight of at least two axes");
  CHECK_ERROR(draw({3}, Init::orthogonal()), "orthogonal initialisation");
}

TEST_CASE("a gain that is not finite is refused, in float one that is too large for it as well") {
  for (const Init& init : {Init::normal(NAN), Init::truncated_normal(INFINITY), Init::orthogonal().scaled(NAN),
                           Init::xavier_uniform().scaled(-INFINITY), Init::zeros().scaled(NAN)})
    CHECK_ERROR(draw({2, 2}, init), "initialisation: the gain, or standard deviation, must be a finite double, not ");
  ebb::Generator generator(1);
  CHECK_ERROR(ebb::nn::initialize<float>({2}, Init::normal(1e300), generator), "a finite float, not 1e+300");
}

TEST_CASE("a scheme that is not one is refused") {
  Init init = Init::zeros();
  init.scheme = static_cast<Init::Scheme>(99);
  CHECK_THROWS_WITH_AS(draw({3}, init), "unknown initialisation scheme", ebb::Error);
}

TEST_CASE("depth_scale is 1/sqrt(2L)") {
  CHECK(ebb::nn::depth_scale(8) == 0.25);
  CHECK_THROWS_WITH_AS(ebb::nn::depth_scale(0), "depth_scale(0): a stack has at least one layer", ebb::Error);
}
