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

TEST_CASE("every loss refuses an empty batch in its own name") {
  const Tensor<double> none = ebb::zeros<double>({0, 3});
  const char* const message = ": there is nothing to average in shape [0, 3]";
  CHECK_ERROR(ebb::cross_entropy(none, IntArray(Shape{0}, 0)), std::string("cross_entropy") + message);
  CHECK_ERROR(ebb::mean_squared_error(none, none), std::string("mean_squared_error") + message);
  CHECK_ERROR(ebb::huber_loss(none, none), std::string("huber_loss") + message);
  CHECK_ERROR(ebb::binary_cross_entropy_with_logits(none, none),
              std::string("binary_cross_entropy_with_logits") + message);
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
              "cross_entropy: label 7 at position [1, 1] is none of the 5 classes", "loss_test.cpp:");
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

TEST_CASE("binary_cross_entropy_with_logits of an infinite logit that is right is 0, with gradient 0") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({2}, {-INFINITY, INFINITY}));
  const auto loss = ebb::binary_cross_entropy_with_logits(x, Tensor<double>({2}, {0, 1}));
  CHECK(loss.item() == 0);
  for (const double g : ebb::grad(loss, x).to_vector()) CHECK(g == 0);
  CHECK(ebb::binary_cross_entropy_with_logits(x, Tensor<double>({2}, {1, 0})).item() == INFINITY);
}

TEST_CASE("binary_cross_entropy_with_logits refuses a target that is no share") {
  for (const double bad : {-0.1, 1.1, double(NAN)})
    CHECK_ERROR(ebb::binary_cross_entropy_with_logits(ebb::zeros<double>({1, 2}), Tensor<double>({1, 2}, {1, bad})),
                "binary_cross_entropy_with_logits: target ", " at position [0, 1] is no share between 0 and 1");
}

TEST_CASE("binary_cross_entropy_with_logits of hand-computed logits") {
  // sigmoid(ln 3) = 3/4
  const Tensor<double> x({3}, {std::log(3.0), std::log(3.0), 0}), t({3}, {1, 0, 0.5});
  CHECK(ebb::binary_cross_entropy_with_logits(x, t).item() ==
        doctest::Approx(-(std::log(0.75) + std::log(0.25) + std::log(0.5)) / 3).epsilon(1e-12));
}

TEST_CASE("binary_cross_entropy_with_logits of large logits neither overflows nor loses a small loss, in float") {
  const auto loss = [](float logit, float target) {
    return ebb::binary_cross_entropy_with_logits(Tensor<float>({1}, {logit}), Tensor<float>({1}, {target})).item();
  };
  CHECK(loss(1e4F, 0) == 1e4F);
  CHECK(loss(1e4F, 1) == 0);
  CHECK(loss(-1e4F, 1) == 1e4F);
  CHECK(loss(20, 1) / std::exp(-20.0F) == doctest::Approx(1).epsilon(1e-5));
}

TEST_CASE("mean_squared_error and huber_loss of hand-computed differences") {
  const Tensor<double> p({2, 2}, {1, 2, 3, 7}), t({2, 2}, {1, 1, 5, 3});  // 0, 1, -2, 4
  CHECK(ebb::mean_squared_error(p, t).item() == close_to((0 + 1 + 4 + 16) / 4.0));
  CHECK(ebb::huber_loss(p, t).item() == close_to((0 + 0.5 + 1.5 + 3.5) / 4));
  CHECK(ebb::huber_loss(p, t, 3).item() == close_to((0 + 0.5 + 2 + 3 * 2.5) / 4));
}

TEST_CASE("at the kink of huber_loss the first derivative is delta, and the second is 0") {
  for (const double side : {1.0, -1.0}) {
    ebb::Tape<double> tape;
    const auto p = tape.watch(Tensor<double>({1}, {5 + 2 * side}));
    const auto dp = ebb::grad(ebb::huber_loss(p, Tensor<double>({1}, {5}), 2), p, {.create_graph = true});
    CHECK(dp.item() == 2 * side);
    CHECK(ebb::grad(dp, p).item() == 0);
  }
}

TEST_CASE("losses refuse shapes that differ, even if they broadcast, and empty ones") {
  const auto column = ebb::zeros<float>({3, 1}), row = ebb::zeros<float>({3}), none = ebb::zeros<float>({0});
  CHECK_ERROR(ebb::mean_squared_error(column, row),
              "mean_squared_error: a prediction of shape [3, 1] and a target of shape [3] must have the same shape",
              "loss_test.cpp:");
  CHECK_ERROR(ebb::huber_loss(column, row), "huber_loss: a prediction");
  CHECK_ERROR(ebb::binary_cross_entropy_with_logits(column, row),
              "binary_cross_entropy_with_logits: logits of shape [3, 1] and targets of shape [3]");
  CHECK_ERROR(ebb::mean_squared_error(none, none), "nothing");
}

TEST_CASE("huber_loss refuses a delta that is not positive") {
  const auto x = ebb::zeros<float>({3});
  CHECK_ERROR(ebb::huber_loss(x, x, 0), "huber_loss: delta must be more than 0, not 0");
}

TEST_CASE("derivatives of binary_cross_entropy_with_logits, mean_squared_error and huber_loss") {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{5}, Shape{2, 3}}) {
    CAPTURE(to_string(shape));
    const Tensor<double> p = sample(shape), t = sample(shape, 2), share = ebb::uniform<double>(shape, ebb::Key{3});
    check_gradients([](const Values& x) { return ebb::binary_cross_entropy_with_logits(x[0], x[1]); }, {p, share});
    check_gradients([](const Values& x) { return ebb::mean_squared_error(x[0], x[1]); }, {p, t});
  }
  // Differences on either side of both kinks, and none near one.
  const Values apart{Tensor<double>({6}, {3, 1.5, 0.4, -0.2, -1.1, -4}), Tensor<double>({6}, {0, 0.1, 0, 0, 0.3, 0})};
  check_gradients([](const Values& x) { return ebb::huber_loss(x[0], x[1]); }, apart);
  check_gradients([](const Values& x) { return ebb::huber_loss(x[0], x[1], 2.5); }, apart);
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
