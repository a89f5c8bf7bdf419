#include "programs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <stdexcept>

#include "text.hpp"

// The programs to step along. Each line that makes records is one statement, and short enough to be shown whole: the
// variable that it declares lends its name to the last of them.

namespace step {

namespace {

using Parameter = ebb::Parameter<double>;

// Two ways lead back to x, and their derivatives add up.
Tensor formula(Tape& tape) {
  const Tensor x = tape.watch(ebb::full<double>({}, 2));
  const Tensor y = tape.watch(ebb::full<double>({}, 3));
  const Tensor product = x * y;
  const Tensor wave = sin(x);
  const Tensor f = product + wave;
  return f;
}

// A neuron, and how far its output is from the target, squared.
Tensor neuron(Tape&) {
  const Parameter w(ebb::Array<double>({}, {0.8}), "w");
  const Parameter b(ebb::Array<double>({}, {-0.5}), "b");
  const Tensor x({}, {1.5}), target({}, {0.2});
  const Tensor product = w * x;
  const Tensor s = product + b;
  const Tensor y = tanh(s);
  const Tensor error = y - target;
  const Tensor loss = square(error);
  return loss;
}

// Softmax regression: three points in the plane, one of each class.
// The loss is the mean of -log(the probability that a point gets for its class).
Tensor softmax_regression(Tape&) {
  const Tensor points({3, 2}, {1, 0, 0, 1, -1, -1});
  const Tensor classes({3, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1});
  const Parameter W(ebb::Array<double>({2, 3}, {0.5, -0.2, 0.1, 0.3, 0.4, -0.6}), "W");
  const Parameter b(ebb::Array<double>({3}, {0.1, 0, -0.1}), "b");
  const Tensor product = matmul(points, W);
  const Tensor logits = product + b;
  const Tensor log_p = log_softmax(logits);
  const Tensor chosen = log_p * classes;
  const Tensor total = sum(chosen);
  const Tensor loss = total / -3;
  return loss;
}

// Each of three tokens looks at all three, by query, key and value.
Tensor attention(Tape& tape) {
  const Tensor tokens({3, 2}, {1, 0, 0, 1, 1, 1});
  const Tensor target({3, 2}, {0, 1, 1, 0, 1, 1});
  const Parameter Wq(ebb::Array<double>({2, 2}, {1, 0.5, -0.5, 1}), "Wq");
  const Parameter Wk(ebb::Array<double>({2, 2}, {0.8, -0.3, 0.6, 1}), "Wk");
  const Parameter Wv(ebb::Array<double>({2, 2}, {1, -1, 0.5, 2}), "Wv");
  const Tensor x = tape.watch(tokens);
  const Tensor q = matmul(x, Wq);
  const Tensor k = matmul(x, Wk);
  const Tensor v = matmul(x, Wv);
  const Tensor match = matmul(q, k, {.transpose_b = true});
  const Tensor scores = match / std::sqrt(2.0);
  const Tensor weights = softmax(scores);
  const Tensor output = matmul(weights, v);
  const Tensor error = output - target;
  const Tensor squares = square(error);
  const Tensor loss = mean(squares);
  return loss;
}

constexpr Program all[] = {
    {"formula", "f(x, y) = x y + sin(x)", formula},
    {"neuron", "tanh(w x + b) and its squared error", neuron},
    {"softmax", "softmax regression on three points", softmax_regression},
    {"attention", "one attention head, three tokens", attention},
};

}  // namespace

std::span<const Program> programs() { return all; }

const Program& find_program(const std::string& name) {
  std::vector<std::string> names;
  for (const Program& each : all) {
    if (name == each.name) return each;
    names.push_back(each.name);
  }
  const std::string near = nearest(name, names);
  throw std::invalid_argument(fmt::format("there is no program '{}'; there is {}. Start with, say: step {}", name,
                                          fmt::join(names, ", "), near.empty() ? names.front() : near));
}

}  // namespace step
