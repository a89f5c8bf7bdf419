#include <ebb/ops/registry.hpp>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;
using T = ebb::Tensor<double>;

namespace {

/// Calls that leave a record of every operation, given two leaves of shape [2, 3], away from kinks and ties.
const std::vector<std::function<T(const T&, const T&)>> calls{
    [](const T& a, const T& b) { return a + b - a * b / (b + 3); },
    [](const T& a, const T& b) { return -power(square(a) + 1, 1.5) + power(square(a) + 1, b); },
    [](const T& a, const T&) { return exp(a) + expm1(a) + log(square(a) + 1) + log1p(square(a)) + abs(a); },
    [](const T& a, const T&) { return sqrt(square(a) + 1) + safe_sqrt(square(a)) + rsqrt(square(a) + 1); },
    [](const T& a, const T&) { return sin(a) + cos(a) + tanh(a) + erf(a); },
    [](const T& a, const T& b) {
      return tan(a / 2) + sinh(a) + cosh(a) + asin(a / 3) + acos(a / 3) + atan(a) + atan2(a, b);
    },
    [](const T& a, const T& b) { return hypot(a, b) + log2(square(a) + 1) + logaddexp(a, b) + softsign(a); },
    [](const T& a, const T&) { return sign(a) + floor(a) + ceil(a) + round(a); },
    [](const T& a, const T&) { return sigmoid(a) + softplus(a) + relu(a) + leaky_relu(a, 0.1); },
    [](const T& a, const T&) { return gelu(a) + gelu_tanh(a) + silu(a); },
    [](const T& a, const T& b) { return minimum(a, b) + maximum(a, b) + clamp(a, -1, 1) + where(a < b, a, b); },
    [](const T& a, const T&) {
      return sum(a, 0) + mean(a, 0) + variance(a, 0) + max(a, {0}) + min(a, {0}) + logsumexp(a, 0) + norm(a, 0);
    },
    [](const T& a, const T&) {
      return cumulative_sum(a, 1) + expand(sum_to(a, {1, 3}), {2, 3});
    },
    [](const T& a, const T&) {
      return squeeze(unsqueeze(reshape(permute(transpose(a), {1, 0}), {3, 2}), 0), {0});
    },
    [](const T& a, const T&) {
      return flip(pad(slice(a, 1, {0, 2}), 1, 1, 0), {0});
    },
    [](const T& a, const T& b) {
      return ebb::sum(ebb::concatenate<double>({a, b, a}, 0)) + ebb::sum(ebb::stack<double>({a, b}));
    },
    [](const T& a, const T& b) {
      const IntArray rows({2}, {1, 1});
      return scatter_add(a, rows, b, 0) + gather(a, rows, 0) + embedding(a, rows) +
             take_along_axis(a, IntArray({2, 3}, {0, 2, 1, 1, 1, 0}), 1);
    },
    [](const T& a, const T& b) {
      return linear(matmul(a, b, {.transpose_b = true}), matmul(b, a, {.transpose_b = true}), sum(a, 1));
    },
    [](const T& a, const T& b) { return ebb::triangular_solve(cholesky(matmul(a, a, {.transpose_b = true})), b); },
    [](const T& a, const T& b) {
      const T square = matmul(a, a, {.transpose_b = true});
      const auto [order, l, u] = ebb::lu(square);
      return solve(square, b) + determinant(square) + log_abs_determinant(square) + sum(inverse(square) + l + u);
    },
    [](const T& a, const T&) { return softmax(a) + log_softmax(a, 0) + dropout(a, 0.5, ebb::Key{1}); },
    [](const T& a, const T& b) {
      const T w = reshape(b, {3, 1, 2});
      return sum(convolution(unsqueeze(a, -1), w, sum(b, 1))) +
             sum(transposed_convolution(reshape(a, {1, 3, 2}), w, ebb::ones<double>({1}), {.stride = 2}));
    },
    [](const T& a, const T& b) {
      const T x = reshape(a, {1, 2, 3}), h = reshape(slice(b, 0, {0, 1}), {1, 3});
      return rnn(x, matmul(b, a, {.transpose_a = true}), h);
    },
    [](const T& a, const T& b) {
      return gru(reshape(a, {2, 1, 3}), slice(b, 0, {0, 1}), slice(a, 1, {0, 1}), sum(b, 0));
    },
    [](const T& a, const T& b) {
      const auto [hidden, cell] = lstm(reshape(concatenate({a, slice(b, 1, {0, 1})}, 1), {2, 1, 4}),
                                       concatenate({slice(b, 0, {0, 1}), slice(slice(a, 0, {1, 2}), 1, {0, 1})}, 1),
                                       slice(a, 1, {0, 1}), slice(b, 1, {1, 2}));
      return concatenate({hidden, unsqueeze(cell, 1)}, 1);
    },
    [](const T& a, const T& b) { return layer_norm(a, sum(b, 0), sum(a, 0)) + rms_norm(a, sum(b, 0)); },
    [](const T& a, const T&) {
      return cross_entropy(a, IntArray({2}, {0, 2}), {.label_smoothing = 0.1});
    },
    [](const T& a, const T& b) { return scaled_dot_product_attention(a, b, a, {.causal = true}); },
    [](const T& a, const T& b) { return multi_head_attention(a, b, b, {.heads = 3}); },
    // What only derivatives use: their own records, made with create_graph.
    [](const T& a, const T& b) {
      return grad(sum(square(convolution(reshape(a, {6, 1}), reshape(b, {3, 1, 2})))), b, {.create_graph = true});
    },
    [](const T& a, const T&) {
      return grad(sum(square(slice(a, 1, {0, 2}))), a, {.create_graph = true});
    },
    [](const T& a, const T&) {
      return grad(sum(square(take_along_axis(a, IntArray({2, 1}, {0, 2}), 1))), a, {.create_graph = true});
    },
    [](const T& a, const T&) { return grad(sum(tanh(a)), a, {.create_graph = true}); },
    [](const T& a, const T&) {
      return grad(sum(square(a) + exp(a)), a, {.create_graph = true});  // two adjoints meet
    },
    [](const T& a, const T& b) { return checkpoint([](const T& x, const T& y) { return tanh(x) * y; }, a, b); },
};

/// The numbers that stand before "apart": how far each derivative is from the central differences.
std::vector<double> distances(const std::string& explanation) {
  std::vector<double> numbers;
  std::istringstream in(explanation);
  for (std::string before, word; in >> word; before = word)
    if (word == "apart") numbers.push_back(std::stod(before));
  return numbers;
}

}  // namespace

TEST_CASE("explain covers every operation, and its differences bear out what it says") {
  std::set<std::string> seen;
  for (const auto& call : calls) {
    ebb::Tape<double> tape({.keep_all = true});
    const T a = tape.watch(sample({2, 3}, 1)), b = tape.watch(sample({2, 3}, 2));
    const T y = call(a, b);
    ebb::Walk walk(tape, y, sample(y.shape(), 3));
    while (walk.step()) {
      const ebb::Record<double>& record = walk.record();
      const std::string text = explain(record);
      CAPTURE(text);
      CHECK_FALSE(contains(text, "has no Formula"));
      if (record.op->backward == nullptr) continue;
      if (contains(text, "dx = 0\n")) {  // a step function has no differences to show
        CHECK(contains(text, "nothing"));
        seen.insert(record.op->name);
        continue;
      }
      std::set<ebb::Index> sources;
      for (std::size_t k = 0; k < record.inputs.size(); ++k)
        if (record.inputs[k] >= 0) sources.insert(record.inputs[k]);
      const std::vector<double> apart = distances(text);
      CHECK(apart.size() == sources.size());
      for (double distance : apart) CHECK(distance < 1e-7);
      if (!apart.empty()) seen.insert(record.op->name);
    }
  }
  std::set<std::string> all{"accumulate", "checkpoint"};
  for (const ebb::Op<double>* op : ebb::all_ops<double>()) all.insert(op->name);
  for (const std::string& name : all)
    CHECK_MESSAGE(seen.contains(name), name, ": no function in `calls` above leaves a record of it");
  MESSAGE("operations explained, with differences: ", seen.size(), " of ", all.size());
}
