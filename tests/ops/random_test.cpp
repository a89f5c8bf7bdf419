#include <cmath>
#include <limits>
#include <set>

#include "support/check.hpp"

using namespace ebb_test;

namespace {

struct Moments {
  double mean = 0, variance = 0;
};

Moments moments(const std::vector<double>& x) {
  Moments m;
  for (const double value : x) m.mean += value / static_cast<double>(x.size());
  for (const double value : x) m.variance += (value - m.mean) * (value - m.mean) / static_cast<double>(x.size());
  return m;
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const Moments of_x = moments(x), of_y = moments(y);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - of_x.mean) * (y[i] - of_y.mean);
  return sum / static_cast<double>(x.size()) / std::sqrt(of_x.variance * of_y.variance);
}

constexpr ebb::Index many = 100'000;

}  // namespace

TEST_CASE("the bits are those of Philox 4x32-10") {
  // Random123's known answers. Counter and key 0: 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
  const auto zero = ebb::uniform<double>({2}, Key{0, 0}).to_vector();
  CHECK(zero[0] == std::ldexp(static_cast<double>(0x6627e8d5e169c58d >> 11), -53));
  CHECK(zero[1] == std::ldexp(static_cast<double>(0xbc57ac4c9b00dbd8 >> 11), -53));
  // All bits set: 408f276d 41c83b0e a20bc7c6 6d5451fd. A child's counter has its highest bit set.
  const Key child = Key{~std::uint64_t{0}, ~std::uint64_t{0}}.child(~std::uint64_t{0});
  CHECK(child.seed == 0x41c83b0e408f276d);
  CHECK(child.stream == 0x6d5451fda20bc7c6);
}

TEST_CASE("the same key gives the same numbers, whatever the shape, another key others") {
  const auto x = ebb::normal<double>({3, 5}, Key{4, 2}).to_vector();
  CHECK(ebb::normal<double>({15}, Key{4, 2}).to_vector() == x);
  auto longer = ebb::normal<double>({40}, Key{4, 2}).to_vector();
  longer.resize(15);
  CHECK(longer == x);
  CHECK(ebb::normal<double>({15}, Key{4, 3}).to_vector() != x);
  CHECK(ebb::normal<double>({15}, Key{5, 2}).to_vector() != x);
}

TEST_CASE("float numbers are the double ones, rounded") {
  const auto narrow = ebb::normal<float>({9}, Key{1}).to_vector();
  const auto wide = ebb::normal<double>({9}, Key{1}).to_vector();
  for (std::size_t i = 0; i < narrow.size(); ++i) CHECK(narrow[i] == static_cast<float>(wide[i]));
}

TEST_CASE("uniform numbers fill their interval evenly") {
  const auto x = ebb::uniform<double>({many}, Key{11}, -1, 3).to_vector();
  for (const double value : x) REQUIRE((value >= -1 && value < 3));
  const Moments m = moments(x);
  CHECK(std::abs(m.mean - 1) < 0.015);              // 4 standard errors: 4 sqrt(16/12 / many)
  CHECK(std::abs(m.variance - 16.0 / 12) < 0.016);  // 4 (range^2) sqrt(1/180 / many)
}

TEST_CASE("uniform numbers stay below the upper bound when rounded") {
  for (const float value : ebb::uniform<float>({100}, Key{1}, 16777216, 16777218).to_vector())
    REQUIRE(value == 16777216);
  CHECK(ebb::uniform<float>({2}, Key{1}, 5, 5).to_vector() == std::vector<float>{5, 5});
}

TEST_CASE("normal numbers have their mean, variance, symmetry and tails") {
  const auto x = ebb::normal<double>({many}, Key{12}, 5, 2).to_vector();
  const Moments m = moments(x);
  CHECK(std::abs(m.mean - 5) < 0.026);      // 4 standard errors
  CHECK(std::abs(m.variance - 4) < 0.072);  // 4 variance sqrt(2 / many)
  double third = 0, fourth = 0;
  for (const double value : x) {
    const double z = (value - 5) / 2;
    third += z * z * z / static_cast<double>(many);
    fourth += z * z * z * z / static_cast<double>(many);
  }
  CHECK(std::abs(third) < 0.05);       // sqrt(15 / many) is 0.012
  CHECK(std::abs(fourth - 3) < 0.13);  // sqrt(96 / many) is 0.031
}

TEST_CASE("neighbouring numbers, children and streams are not correlated") {
  const Key key{13};
  const auto x = ebb::normal<double>({many}, key).to_vector();
  const double bound = 4 / std::sqrt(static_cast<double>(many));
  for (const Key other : {key.child(0), key.child(1), Key{13, 1}, Key{14}})
    CHECK(std::abs(correlation(x, ebb::normal<double>({many}, other).to_vector())) < bound);
  std::vector<double> shifted(x.begin() + 1, x.end());
  shifted.push_back(x.front());
  CHECK(std::abs(correlation(x, shifted)) < bound);
}

TEST_CASE("a key's children differ from it, from each other and from their own children") {
  const Key root{1};
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen{{root.seed, root.stream}};
  for (std::uint64_t i = 0; i < 100; ++i)
    for (const Key key : {root.child(i), root.child(i).child(0), root.child(0).child(i + 1)})
      seen.insert({key.seed, key.stream});
  CHECK(seen.size() == 301);
}

TEST_CASE("a generator hands out the same keys again, and none that is a child of its seed") {
  ebb::Generator generator(9), again(9);
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const Key key = generator.next(), same = again.next(), child = Key{9}.child(i);
    CHECK((key.seed == same.seed && key.stream == same.stream));
    seen.insert({key.seed, key.stream}), seen.insert({child.seed, child.stream});
  }
  CHECK(seen.size() == 200);
}

TEST_CASE("uniform integers stay in their bounds and reach every value equally often") {
  std::vector<int> counts(7);
  for (const std::int32_t value : ebb::uniform_integers({70'000}, Key{3}, -2, 5).to_vector()) {
    REQUIRE((value >= -2 && value < 5));
    ++counts[static_cast<std::size_t>(value + 2)];
  }
  for (const int count : counts) CHECK(std::abs(count - 10'000) < 380);  // 4 standard deviations
  constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  constexpr std::int32_t highest = std::numeric_limits<std::int32_t>::max();
  double mean = 0;
  for (const std::int32_t value : ebb::uniform_integers({1000}, Key{3}, lowest, highest).to_vector())
    mean += value / 1000.0;
  CHECK(std::abs(mean) < 1.6e8);  // 4 standard errors of the whole range
}

TEST_CASE("empty bounds are refused") {
  CHECK_ERROR(ebb::uniform<float>({2}, Key{1}, 2, 1), "[2, 1)");
  CHECK_ERROR(ebb::uniform_integers({2}, Key{1}, 3, 3), "[3, 3)");
  CHECK_THROWS_AS(ebb::uniform<float>({2}, Key{1}, std::nan(""), 1), ebb::Error);
}

TEST_CASE("random tensors may be empty") {
  CHECK(ebb::uniform<float>({0, 3}, Key{1}).size() == 0);
  CHECK(ebb::normal<double>({0}, Key{1}).size() == 0);
  CHECK(ebb::uniform_integers({2, 0}, Key{1}, 0, 1).size() == 0);
}

TEST_CASE("a generator is not copied, so that no two layers draw the same numbers") {
  static_assert(!std::is_copy_constructible_v<ebb::Generator> && !std::is_copy_assignable_v<ebb::Generator>);
  static_assert(std::is_nothrow_move_constructible_v<ebb::Generator>);
}

TEST_CASE("bounds and moments that are not finite in the number type are refused") {
  const ebb::Key key{1};
  for (const auto& [low, high] :
       {std::pair(-1e308, 1e308), std::pair(-double{INFINITY}, 0.0), std::pair(0.0, double{INFINITY})})
    CHECK_ERROR(ebb::uniform<double>({2}, key, low, high), "and their distance, must be finite in double");
  CHECK_ERROR(ebb::uniform<float>({2}, key, 0, 1e39), "uniform(): the bounds [0, 1e+39)", "must be finite in float");
  CHECK_NOTHROW(ebb::uniform<float>({2}, key, -3e38, 3e38));
  CHECK_ERROR(ebb::normal<float>({2}, key, NAN), "normal(): the mean nan");
  CHECK_ERROR(ebb::normal<float>({2}, key, 0, 1e39), "the standard deviation 1e+39 must be finite in float");
}

TEST_CASE("a shape that no tensor can have is refused by the name of the function") {
  const ebb::Key key{1};
  CHECK_ERROR(ebb::zeros<float>({-1}), "zeros(): an array cannot have the shape [-1]: an extent is negative");
  CHECK_ERROR(ebb::full<float>({2, -3}, 1), "full(): an array cannot have the shape [2, -3]");
  CHECK_ERROR(ebb::uniform<float>({-2}, key), "uniform(): an array cannot");
  CHECK_ERROR(ebb::normal<float>({-2}, key), "normal(): an array cannot");
  CHECK_ERROR(ebb::uniform_integers({-2}, key, 0, 3), "uniform_integers(): an array cannot");
  CHECK_ERROR(ebb::ones<float>({1 << 30, 1 << 30, 1 << 30}), "ones(): shape [", "more elements than can be counted");
  CHECK_ERROR(ebb::split_heads(ebb::zeros<float>({2, 0}), ebb::Index{1} << 40),
              "split_heads: an extent of 1099511627776", "random_test.cpp:");
}

TEST_CASE("a permutation has each number once, and each order is as likely") {
  CHECK(permutation(0, Key{1}).size() == 0);
  CHECK(permutation(1, Key{1}).item() == 0);
  std::vector<int> counts(6);
  for (std::uint64_t i = 0; i < 6000; ++i) {
    const auto p = permutation(3, Key{1}.child(i)).to_vector();
    CHECK(std::set<std::int32_t>(p.begin(), p.end()) == std::set<std::int32_t>{0, 1, 2});
    ++counts[to_size(2 * p[0] + (p[1] > p[2]))];
  }
  for (const int count : counts) CHECK(std::abs(count - 1000) < 116);  // 4 standard deviations
  CHECK_ERROR(permutation(-1, Key{1}), "permutation(): ");
}
