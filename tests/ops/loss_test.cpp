#include <cmath>

#include "support/check.hpp"

using ebb::IntArray;
using ebb::Shape;
using ebb::Tensor;
using ebb_test::check_gradients;
using ebb_test::Values;

namespace {

Tensor<double> sample(const Shape& shape, std::uint64_t seed = 1) {
  return ebb::uniform<double>(shape, ebb::Key{seed}, -2, 2);
}

/// Logits whose softmax is [1, 2, 5] / 8 and [3, 4, 1] / 8.
Tensor<double> eighths() {
  return Tensor<double>({2, 3}, {0, std::log(2.0), std::log(5.0), std::log(3.0), std::log(4.0), 0});
}

}  // namespace

TEST_CASE("cross_entropy of hand-computed logits") {
  const Tensor<double> loss = ebb::cross_entropy(eighths(), IntArray({2}, {2, 0}));
  CHECK(loss.shape() == Shape{});
  CHECK(loss.item() == doctest::Approx(-(std::log(5.0 / 8) + std::log(3.0 / 8)) / 2).epsilon(1e-12));
}

TEST_CASE("cross_entropy has the gradient softmax - label, over the number of labels") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(eighths());
  tape.backward(ebb::cross_entropy(x, IntArray({2}, {2, 0})));
  const std::vector<double> got = tape.gradient(x).to_vector(), expected{1, 2, -3, -5, 4, 1};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(got[i] == doctest::Approx(expected[i] / 16).epsilon(1e-12));
}

TEST_CASE("cross_entropy takes logits of any rank") {
  const Tensor<double> one = sample({3});
  CHECK(ebb::cross_entropy(one, IntArray({}, {1})).item() == doctest::Approx(-ebb::log_softmax(one).at({1})));
  const Tensor<double> cube({2, 2, 2}, {0, 0, 0, 0, 0, 0, 0, 0});
  CHECK(ebb::cross_entropy(cube, IntArray({2, 2}, {0, 1, 1, 0})).item() == doctest::Approx(std::log(2.0)));
}

TEST_CASE("cross_entropy counts an ignored label neither above nor below the line") {
  const ebb::CrossEntropyOptions options{.ignored_label = -100};
  CHECK(ebb::cross_entropy(eighths(), IntArray({2}, {2, -100}), options).item() ==
        doctest::Approx(-std::log(5.0 / 8)).epsilon(1e-12));
  ebb::Tape<double> tape;
  const auto x = tape.watch(eighths());
  tape.backward(ebb::cross_entropy(x, IntArray({2}, {2, -100}), options));
  for (ebb::Index c = 0; c < 3; ++c) CHECK(tape.gradient(x).at({1, c}) == 0);
  CHECK(tape.gradient(x).at({0, 0}) == doctest::Approx(1.0 / 8));
}

TEST_CASE("cross_entropy is zero, with gradient zero, where every label is ignored or there is none") {
  for (const ebb::Index rows : {2, 0}) {
    ebb::Tape<double> tape;
    const auto x = tape.watch(sample({rows, 3}));
    const auto loss = ebb::cross_entropy(x, IntArray(Shape(rows), 1), {.ignored_label = 1});
    CHECK(loss.item() == 0);
    tape.backward(loss);
    for (const double g : tape.gradient(x).to_vector()) CHECK(g == 0);
  }
}

TEST_CASE("label smoothing mixes the label with the uniform distribution") {
  const double l0 = std::log(1.0 / 8), l1 = std::log(2.0 / 8), l2 = std::log(5.0 / 8);
  const Tensor<double> x({1, 3}, {0, std::log(2.0), std::log(5.0)});
  CHECK(ebb::cross_entropy(x, IntArray({1}, {2}), {.label_smoothing = 0.3}).item() ==
        doctest::Approx(-(0.7 * l2 + 0.1 * (l0 + l1 + l2))).epsilon(1e-12));
}

TEST_CASE("cross_entropy of large logits does not overflow, in float") {
  const Tensor<float> x({2, 2}, {1e4F, -1e4F, 1e4F, -1e4F});
  CHECK(ebb::cross_entropy(x, IntArray({2}, {0, 0})).item() == 0);
  CHECK(ebb::cross_entropy(x, IntArray({2}, {0, 1})).item() == 1e4F);
  CHECK(ebb::cross_entropy(x, IntArray({2}, {0, 0}), {.label_smoothing = 0.1}).item() == doctest::Approx(1e3F));
}

TEST_CASE("a label that is no class is refused with the label, its position and the classes") {
  const std::string message = ebb_test::error_of([] {
    ebb::cross_entropy(ebb::zeros<float>({2, 3, 5}), IntArray({2, 3}, {0, 1, 2, 3, 7, 4}));
  });
  CHECK(ebb_test::contains(message, "cross_entropy: label 7 at position [1, 1] is none of the 5 classes"));
  CHECK(ebb_test::contains(message, "loss_test.cpp:"));
  CHECK(ebb_test::contains(ebb_test::error_of([] {
                             ebb::cross_entropy(ebb::zeros<float>({1, 5}), IntArray({1}, {-1}));
                           }),
                           "label -1 at position [0]"));
  CHECK(ebb_test::contains(ebb_test::error_of([] {
                             ebb::cross_entropy(ebb::zeros<float>({1, 5}), IntArray({1}, {5}), {.ignored_label = -1});
                           }),
                           "label 5 at position [0]"));
}

TEST_CASE("labels of the wrong shape are refused with both shapes") {
  CHECK(ebb_test::contains(ebb_test::error_of([] {
                             ebb::cross_entropy(ebb::zeros<float>({2, 5}), IntArray({2, 5}, 0));
                           }),
                           "cross_entropy: labels of shape [2, 5] do not fit logits of shape [2, 5]"));
  CHECK(ebb_test::contains(ebb_test::error_of([] { ebb::cross_entropy(ebb::zeros<float>({}), IntArray({}, 0)); }),
                           "labels of shape [] do not fit logits of shape []"));
  CHECK(ebb_test::contains(ebb_test::error_of([] {
                             ebb::cross_entropy(ebb::zeros<float>({2, 5}), IntArray());
                           }),
                           "the labels are undefined"));
}

TEST_CASE("a label smoothing that is no share is refused") {
  CHECK(ebb_test::contains(ebb_test::error_of([] {
                             ebb::cross_entropy(ebb::zeros<float>({1, 5}), IntArray({1}, 0), {.label_smoothing = 1.5});
                           }),
                           "label_smoothing is a share between 0 and 1, not 1.5"));
}

TEST_CASE("derivatives of cross_entropy, with ignored labels and label smoothing") {
  for (const Shape& shape : {Shape{4}, Shape{3, 4}, Shape{2, 2, 3}, Shape{3, 1}, Shape{1, 1}, Shape{0, 3}}) {
    CAPTURE(to_string(shape));
    const IntArray labels =
        ebb::uniform_integers(shape.without(-1), ebb::Key{3}, 0, static_cast<int>(shape.extent(-1)));
    for (const ebb::CrossEntropyOptions& options :
         {ebb::CrossEntropyOptions{}, ebb::CrossEntropyOptions{.ignored_label = 0},
          ebb::CrossEntropyOptions{.label_smoothing = 0.2},
          ebb::CrossEntropyOptions{.ignored_label = 1, .label_smoothing = 0.1}})
      check_gradients([&](const Values& x) { return ebb::cross_entropy(x[0], labels, options); }, {sample(shape)});
  }
}
