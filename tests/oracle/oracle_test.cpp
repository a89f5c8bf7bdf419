
#include <array>
#include <cmath>
#include <cstdio>
#include <ebb/ops/registry.hpp>
#include <limits>
#include <map>
#include <string>

#include "functions.hpp"
#include "golden.hpp"

#include "support/check.hpp"

// ebb against PyTorch, on the cases that make_golden.py drew. The unit of a difference is the rounding error that is to
// be expected of the very number (Case::sizes), so that one limit serves every operation, in float and in double.

using namespace ebb_test;

namespace {

constexpr double limit = 24;

/// The largest differences in a value, its gradients and its second derivatives, in rounding errors.
using Differences = std::array<double, 3>;

/// The larger of the two; NaN if either is.
void raise(double& largest, double difference) {
  if (!(difference <= largest) && !std::isnan(largest)) largest = difference;
}

template <class T>
double difference(const ebb::Tensor<T>& got, const ebb::Array<double>& expected, const ebb::Array<double>& size) {
  REQUIRE(got.shape() == expected.shape());
  double largest = 0;
  for (ebb::Index i = 0; i < expected.size(); ++i) {
    const double underflow = std::numeric_limits<float>::min();  // of the goldens' sizes, and of float's results
    const double unit = std::numeric_limits<T>::epsilon() * size.data()[i] + underflow;
    raise(largest, std::abs(static_cast<double>(got.data()[i]) - expected.data()[i]) / unit);
  }
  return largest;
}

template <class T>
ebb::Tensor<T> to(const ebb::Array<double>& x) {
  return ebb::Array<T>(x.shape(), std::vector<T>(x.values().begin(), x.values().end()));
}

/// Runs a case on this tape.
template <class T>
Differences differences(const Case& c, ebb::Tape<T>& tape) {
  Differences largest{};
  const auto compare = [&](std::size_t order, const ebb::Tensor<T>& got, std::size_t result) {
    raise(largest[order], difference(got, c.expected[result], c.sizes[result]));
  };
  Leaves<T> x;
  for (const auto& input : c.inputs) x.push_back(tape.watch(to<T>(input)));
  const ebb::Tensor<T> y = functions<T>().at(c.name)(x, c.attributes);
  compare(0, y, 0);
  if (!c.differentiable) return largest;

  // The plain walk, where fused derivatives run, and the one that can be differentiated in turn.
  const auto cotangent = tape.watch(to<T>(c.cotangent));
  const auto plain = ebb::grad(y, x, {.cotangent = cotangent, .allow_unused = true});
  const auto first = ebb::grad(y, x, {.cotangent = cotangent, .create_graph = true, .allow_unused = true});
  std::size_t result = 1;
  auto projection = ebb::zeros<T>({});
  for (std::size_t i = 0; i < x.size(); ++i, ++result) {
    compare(1, plain[i], result);
    compare(1, first[i], result);
    projection = projection + sum(first[i] * to<T>(c.directions[i]));
  }
  x.push_back(cotangent);
  for (const auto& second : ebb::grad(projection, x, {.allow_unused = true})) compare(2, second, result++);
  return largest;
}

template <class T>
void check_all() {
  for (const bool fused : {true, false})
    for (const Case& c : golden_cases()) {
      const std::string what = c.name + ' ' + c.attributes.dump();
      CAPTURE(what);
      CAPTURE(fused);
      const ebb::FusedOperations operations(fused);
      ebb::Tape<T> tape;
      const auto [value, first, second] = differences<T>(c, tape);
      CHECK(value <= limit);
      CHECK(first <= limit);
      CHECK(second <= limit);
    }
}

}  // namespace

TEST_CASE("values, gradients and second derivatives are PyTorch's, in double") { check_all<double>(); }

TEST_CASE("values, gradients and second derivatives are PyTorch's, in float") { check_all<float>(); }

TEST_CASE("every operation of the registry but dropout runs in some case") {
  const ebb::FusedOperations fused(true);
  std::map<std::string, int> records;
  for (const Case& c : golden_cases()) {
    ebb::Tape<double> tape;
    (void)differences(c, tape);
    for (ebb::Index i = 0; i < tape.size(); ++i) ++records[tape[i].op->name];
  }
  for (const auto* op : ebb::all_ops<double>()) {
    const std::string name = op->name;
    CAPTURE(name);
    CHECK(records.contains(name) != (name == "dropout"));  // whose numbers are random
  }
}

// test_oracle --no-skip -tc='the largest*'
TEST_CASE("the largest differences, as a table" * doctest::skip()) {
  std::map<std::string, std::pair<Differences, Differences>> rows;
  const auto add = [](Differences& row, const Differences& d) {
    for (std::size_t order = 0; order < d.size(); ++order) raise(row[order], d[order]);
  };
  for (const bool fused : {true, false})
    for (const Case& c : golden_cases()) {
      const ebb::FusedOperations operations(fused);
      ebb::Tape<double> tape;
      ebb::Tape<float> float_tape;
      add(rows[c.name].first, differences(c, tape));
      add(rows[c.name].second, differences(c, float_tape));
    }
  std::printf("%-42s%8s%8s%8s%10s%8s%8s\n", "in rounding errors", "double", "first", "second", "float", "first",
              "second");
  for (const auto& [name, row] : rows) {
    const auto& [d, f] = row;
    std::printf("%-42s%8.2f%8.2f%8.2f%10.2f%8.2f%8.2f\n", name.c_str(), d[0], d[1], d[2], f[0], f[1], f[2]);
  }
}
