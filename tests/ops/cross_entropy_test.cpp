#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

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
  CHECK(ebb::cross_entropy(one, IntArray({}, {1})).item() == close_to(-ebb::log_softmax(one).at({1})));
  const Tensor<double> cube({2, 2, 2}, {0, 0, 0, 0, 0, 0, 0, 0});
  CHECK(ebb::cross_entropy(cube, IntArray({2, 2}, {0, 1, 1, 0})).item() == close_to(std::log(2.0)));
}

TEST_CASE("cross_entropy counts an ignored label neither above nor below the line") {
  const ebb::CrossEntropyOptions options{.ignored_label = -100};
  CHECK(ebb::cross_entropy(eighths(), IntArray({2}, {2, -100}), options).item() ==
        doctest::Approx(-std::log(5.0 / 8)).epsilon(1e-12));
  ebb::Tape<double> tape;
  const auto x = tape.watch(eighths());
  tape.backward(ebb::cross_entropy(x, IntArray({2}, {2, -100}), options));
  for (ebb::Index c = 0; c < 3; ++c) CHECK(tape.gradient(x).at({1, c}) == 0);
  CHECK(tape.gradient(x).at({0, 0}) == close_to(1.0 / 8));
}

TEST_CASE("cross_entropy is zero, with gradient zero, where every label is ignored") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(sample({2, 3}));
  const auto loss = ebb::cross_entropy(x, IntArray({2}, 1), {.ignored_label = 1});
  CHECK(loss.item() == 0);
  tape.backward(loss);
  for (const double g : tape.gradient(x).to_vector()) CHECK(g == 0);
}

TEST_CASE("cross_entropy that is nearly 0 keeps its digits, and so does its gradient, in float") {
  for (const float margin : {5.0f, 15.0f, 25.0f, 40.0f, 80.0f})
    for (const bool recorded : {false, true}) {
      CAPTURE(margin);
      CAPTURE(recorded);
      ebb::Tape<float> tape;
      const auto x = tape.watch(Tensor<float>({1, 3}, {0.0f, margin, 0.0f}));
      const double rest = 2 * std::exp(-static_cast<double>(margin)),
                   p = std::exp(-static_cast<double>(margin)) / (1 + rest);
      for (const bool direct : {true, false}) {
        const auto loss =
            direct ? ebb::cross_entropy(x, IntArray({1}, 1)) : -ebb::sum(ebb::slice(ebb::log_softmax(x), 1, {1, 2}));
        CHECK(loss.item() == Approx(std::log1p(rest)).epsilon(1e-5).scale(0));
        const auto g = ebb::grad(loss, x, {.create_graph = recorded});
        CHECK(g.data()[0] == Approx(p).epsilon(1e-5).scale(0));
        CHECK(g.data()[1] == Approx(-2 * p).epsilon(1e-5).scale(0));
      }
    }
}

TEST_CASE("cross_entropy with label smoothing, of a row that is nearly certain") {
  for (const bool recorded : {false, true}) {
    ebb::Tape<float> tape;
    const auto x = tape.watch(Tensor<float>({1, 4}, {0.0f, 30.0f, 0.0f, 0.0f}));
    const auto loss = ebb::cross_entropy(x, IntArray({1}, 1), {.label_smoothing = 0.1});
    CHECK(ebb::grad(loss, x, {.create_graph = recorded}).at({0, 1}) == Approx(0.075).epsilon(1e-6));
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
  CHECK_ERROR(ebb::cross_entropy(ebb::zeros<float>({2, 3, 5}), IntArray({2, 3}, {0, 1, 2, 3, 7, 4})),
              "cross_entropy: label 7 at position [1, 1] is none of the 5 classes", "cross_entropy_test.cpp:");
  CHECK_ERROR(ebb::cross_entropy(ebb::zeros<float>({1, 5}), IntArray({1}, {-1})), "label -1 at position [0]");
  CHECK_ERROR(ebb::cross_entropy(ebb::zeros<float>({1, 5}), IntArray({1}, {5}), {.ignored_label = -1}),
              "label 5 at position [0]");
}

TEST_CASE("labels of the wrong shape are refused with both shapes") {
  CHECK_ERROR(ebb::cross_entropy(ebb::zeros<float>({2, 5}), IntArray({2, 5}, 0)),
              "cross_entropy: labels of shape [2, 5] do not fit logits of shape [2, 5]");
  CHECK_ERROR(ebb::cross_entropy(ebb::zeros<float>({}), IntArray({}, 0)),
              "labels of shape [] do not fit logits of shape []");
  CHECK_ERROR(ebb::cross_entropy(ebb::zeros<float>({2, 5}), IntArray()), "the labels are undefined");
}

TEST_CASE("a label smoothing that is no share is refused") {
  CHECK_ERROR(ebb::cross_entropy(ebb::zeros<float>({1, 5}), IntArray({1}, 0), {.label_smoothing = 1.5}),
              "label_smoothing is a share between 0 and 1, not 1.5");
}

TEST_CASE("derivatives of cross_entropy, with ignored labels and label smoothing") {
  for (const Shape& shape : {Shape{4}, Shape{3, 4}, Shape{2, 2, 3}, Shape{3, 1}, Shape{1, 1}}) {
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

TEST_CASE("cross_entropy and its derivative are the same on any number of threads") {
  // In double, since rounding the loss to float would hide an order of summation that changes.
  const auto x0 = ebb::uniform<double>({300, 301}, ebb::Key{1});
  const IntArray labels = ebb::uniform_integers({300}, ebb::Key{2}, 0, 301);
  CHECK(same_on_any_number_of_threads([&] { return ebb::cross_entropy(x0, labels); }));
  CHECK(same_on_any_number_of_threads([&] {
    ebb::Tape<double> tape;
    const auto x = tape.watch(x0);
    return ebb::grad(ebb::cross_entropy(x, labels), x);
  }));
}

TEST_CASE("cross_entropy of each row, and their sum") {
  const IntArray labels({2}, {2, 0});
  const Tensor<double> rows = ebb::cross_entropy(eighths(), labels, {.reduction = ebb::Reduction::none});
  CHECK(rows.shape() == Shape{2});
  check_values(rows, {-std::log(5.0 / 8), -std::log(3.0 / 8)});
  CHECK(ebb::cross_entropy(eighths(), labels, {.reduction = ebb::Reduction::sum}).item() ==
        close_to(-std::log(15.0 / 64)));
}

TEST_CASE("class weights scale the rows, and the mean is over their sum") {
  const IntArray labels({2}, {2, 0});
  const double l0 = -std::log(5.0 / 8), l1 = -std::log(3.0 / 8);
  const std::vector<double> weights{2, 1, 0.5};
  check_values(ebb::cross_entropy(eighths(), labels, {.class_weights = weights, .reduction = ebb::Reduction::none}),
               {0.5 * l0, 2 * l1});
  CHECK(ebb::cross_entropy(eighths(), labels, {.class_weights = weights}).item() ==
        close_to((0.5 * l0 + 2 * l1) / 2.5));
  CHECK(ebb::cross_entropy(eighths(), labels, {.ignored_label = 0, .class_weights = weights}).item() == close_to(l0));
  CHECK(ebb::cross_entropy(eighths(), labels, {.class_weights = {0, 1, 0}}).item() == 0);
}

TEST_CASE("label smoothing spreads the class weights over all classes") {
  const double l0 = std::log(1.0 / 8), l1 = std::log(2.0 / 8), l2 = std::log(5.0 / 8);
  const Tensor<double> x({1, 3}, {0, std::log(2.0), std::log(5.0)});
  CHECK(ebb::cross_entropy(x, IntArray({1}, {2}), {.label_smoothing = 0.3, .class_weights = {1, 3, 2}}).item() ==
        close_to(-(0.7 * 2 * l2 + 0.1 * (l0 + 3 * l1 + 2 * l2)) / 2));
}

TEST_CASE("an ignored label makes a row's loss 0, whatever its logits are") {
  const Tensor<double> x({2, 2}, {-INFINITY, 0, 0, 0});
  const Tensor<double> rows = ebb::cross_entropy(
      x, IntArray({2}, {0, 1}), {.ignored_label = 0, .label_smoothing = 0.1, .reduction = ebb::Reduction::none});
  check_values(rows, {0, std::log(2.0)});
}

TEST_CASE("cross_entropy with all weights 1 is the one without weights") {
  const Tensor<double> x = sample({3, 2, 4});
  const IntArray labels = ebb::uniform_integers({3, 2}, ebb::Key{3}, 0, 4);
  for (const double smoothing : {0.0, 0.2})
    CHECK(ebb::cross_entropy(x, labels, {.label_smoothing = smoothing, .class_weights = {1, 1, 1, 1}}).item() ==
          close_to(ebb::cross_entropy(x, labels, {.label_smoothing = smoothing}).item()));
}

TEST_CASE("cross_entropy against distributions") {
  const Tensor<double> t({2, 3}, {0.5, 0, 0.5, 0, 1, 0});
  const double l0 = -(std::log(1.0 / 8) + std::log(5.0 / 8)) / 2, l1 = -std::log(4.0 / 8);
  CHECK(ebb::cross_entropy(eighths(), t).item() == close_to((l0 + l1) / 2));
  check_values(ebb::cross_entropy(eighths(), t, {.reduction = ebb::Reduction::none}), {l0, l1});
  CHECK(ebb::cross_entropy(eighths(), t, {.class_weights = {0, 2, 0}}).item() == close_to(l1));
  const IntArray labels({2}, {2, 0});
  for (const double smoothing : {0.0, 0.3})
    CHECK(ebb::cross_entropy(eighths(), ebb::one_hot<double>(labels, 3), {.label_smoothing = smoothing}).item() ==
          close_to(ebb::cross_entropy(eighths(), labels, {.label_smoothing = smoothing}).item()));
  const Tensor<double> certain({1, 2}, {0, -INFINITY}), first({1, 2}, {1, 0});
  CHECK(ebb::cross_entropy(certain, first).item() == 0);
}

TEST_CASE("negative_log_likelihood of log_softmax is the cross entropy") {
  const IntArray labels({2}, {2, 0});
  CHECK(ebb::negative_log_likelihood(ebb::log_softmax(eighths()), labels).item() ==
        close_to(ebb::cross_entropy(eighths(), labels).item()));
}

TEST_CASE("kl_divergence of each row, by hand") {
  const Tensor<double> log_p({2, 2}, {std::log(0.25), std::log(0.75), std::log(0.5), -INFINITY});
  const Tensor<double> t({2, 2}, {0.5, 0.5, 1, 0});
  const double l0 = 0.5 * std::log(2.0) + 0.5 * std::log(2.0 / 3), l1 = std::log(2.0);
  check_values(ebb::kl_divergence(log_p, t, {.reduction = ebb::Reduction::none}), {l0, l1});
  CHECK(ebb::kl_divergence(log_p, t).item() == close_to((l0 + l1) / 2));
  CHECK(ebb::kl_divergence(log_p, t, {.reduction = ebb::Reduction::sum}).item() == close_to(l0 + l1));
}

TEST_CASE("a batch without rows has a sum, and no mean") {
  const Tensor<double> none = ebb::zeros<double>({0, 3});
  const IntArray labels(Shape{0}, 0);
  CHECK(ebb::cross_entropy(none, labels, {.reduction = ebb::Reduction::sum}).item() == 0);
  CHECK(ebb::cross_entropy(none, labels, {.reduction = ebb::Reduction::none}).shape() == Shape{0});
  CHECK_ERROR(ebb::cross_entropy(none, labels, {.class_weights = {1, 1, 1}}),
              "cross_entropy: there is nothing to average");
  CHECK_ERROR(ebb::cross_entropy(none, none), "cross_entropy: there is nothing to average");
  CHECK_ERROR(ebb::negative_log_likelihood(none, labels), "negative_log_likelihood: there is nothing to average");
  CHECK_ERROR(ebb::kl_divergence(none, none), "kl_divergence: there is nothing to average");
}

TEST_CASE("options of cross_entropy that do not fit are refused") {
  const auto x = ebb::zeros<float>({2, 3});
  const IntArray labels({2}, {0, 1});
  CHECK_ERROR(ebb::cross_entropy(x, labels, {.class_weights = {1, 2}}),
              "cross_entropy: there are 2 class_weights for the 3 classes of shape [2, 3]", "cross_entropy_test.cpp:");
  CHECK_ERROR(ebb::cross_entropy(x, labels, {.class_weights = {1, -2, 1}}),
              "a class weight is a number of at least 0, not -2");
  CHECK_ERROR(ebb::cross_entropy(x, labels, {.label_smoothing = 2, .reduction = ebb::Reduction::sum}),
              "label_smoothing is a share between 0 and 1, not 2");
  CHECK_ERROR(ebb::cross_entropy(x, IntArray({2}, {0, 3}), {.reduction = ebb::Reduction::sum}),
              "label 3 at position [1]");
  CHECK_ERROR(ebb::cross_entropy(x, x, {.ignored_label = 0}), "ignored_label is for labels");
  CHECK_ERROR(ebb::cross_entropy(x, ebb::full<float>({2, 3}, 2)), "target 2 at position [0, 0] is no share");
  CHECK_ERROR(ebb::cross_entropy(x, ebb::zeros<float>({2})), "logits of shape [2, 3] and targets of shape [2]");
  CHECK_ERROR(ebb::cross_entropy(ebb::zeros<float>({}), ebb::zeros<float>({})), "shape [] has no last axis");
  CHECK_ERROR(ebb::kl_divergence(x, ebb::full<float>({2, 3}, -1)), "kl_divergence: target -1 at position [0, 0]");
  CHECK_ERROR(ebb::negative_log_likelihood(x, IntArray({2}, {0, 3})),
              "negative_log_likelihood: label 3 at position [1]");
}

TEST_CASE("derivatives of cross_entropy with class weights, of each row, and against distributions") {
  for (const Shape& shape : {Shape{4}, Shape{3, 4}, Shape{2, 2, 3}, Shape{1, 1}}) {
    CAPTURE(to_string(shape));
    const IntArray labels =
        ebb::uniform_integers(shape.without(-1), ebb::Key{3}, 0, static_cast<int>(shape.extent(-1)));
    const std::vector<double> weights(to_size(shape.extent(-1)), 0.75);
    for (const ebb::CrossEntropyOptions& options :
         {ebb::CrossEntropyOptions{.reduction = ebb::Reduction::none},
          ebb::CrossEntropyOptions{.ignored_label = 0, .reduction = ebb::Reduction::sum},
          ebb::CrossEntropyOptions{.label_smoothing = 0.2, .class_weights = weights},
          ebb::CrossEntropyOptions{.ignored_label = 1, .label_smoothing = 0.1, .reduction = ebb::Reduction::none}}) {
      check_gradients([&](const Values& x) { return ebb::cross_entropy(x[0], labels, options); }, {sample(shape)});
      check_gradients([&](const Values& x) { return ebb::negative_log_likelihood(x[0], labels, options); },
                      {sample(shape)});
    }
    const Values with_targets{sample(shape), sample(shape, 2, 0.1, 0.9)};
    for (const ebb::CrossEntropyOptions& options :
         {ebb::CrossEntropyOptions{}, ebb::CrossEntropyOptions{.label_smoothing = 0.2, .class_weights = weights},
          ebb::CrossEntropyOptions{.reduction = ebb::Reduction::none}})
      check_gradients([&](const Values& x) { return ebb::cross_entropy(x[0], x[1], options); }, with_targets);
    check_gradients([](const Values& x) { return ebb::kl_divergence(x[0], x[1]); }, with_targets);
  }
}
