#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

TEST_CASE("every loss refuses an empty batch in its own name") {
  const Tensor<double> none = ebb::zeros<double>({0, 3});
  const char* const message = ": there is nothing to average in shape [0, 3]";
  CHECK_ERROR(ebb::cross_entropy(none, IntArray(Shape{0}, 0)), std::string("cross_entropy") + message);
  CHECK_ERROR(ebb::mean_squared_error(none, none), std::string("mean_squared_error") + message);
  CHECK_ERROR(ebb::huber_loss(none, none), std::string("huber_loss") + message);
  CHECK_ERROR(ebb::binary_cross_entropy_with_logits(none, none),
              std::string("binary_cross_entropy_with_logits") + message);
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

TEST_CASE("every loss of elements gives each, their sum or their mean") {
  const Tensor<double> p({2, 2}, {1, 2, 3, 7}), t({2, 2}, {1, 1, 5, 3});  // 0, 1, -2, 4
  const IntArray signs({2, 2}, {1, -1, 1, -1});
  const auto check = [](auto loss, const std::vector<double>& each) {
    double sum = 0;
    for (const double one : each) sum += one;
    CHECK(loss({.reduction = ebb::Reduction::none}).shape() == Shape{2, 2});
    check_values(loss({.reduction = ebb::Reduction::none}), each);
    CHECK(loss({.reduction = ebb::Reduction::sum}).item() == close_to(sum));
    CHECK(loss({}).item() == close_to(sum / 4));
  };
  using Options = ebb::LossOptions;
  check([&](Options o) { return ebb::mean_squared_error(p, t, o); }, {0, 1, 4, 16});
  check([&](Options o) { return ebb::mean_absolute_error(p, t, o); }, {0, 1, 2, 4});
  check([&](Options o) { return ebb::huber_loss(p, t, 3, o); }, {0, 0.5, 2, 7.5});
  check([&](Options o) { return ebb::quantile_loss(p, t, 0.75, o); }, {0, 0.25, 1.5, 1});
  check([&](Options o) { return ebb::hinge_loss(p / 4, signs, o); }, {0.75, 1.5, 0.25, 2.75});
  check(
      [&](Options o) { return ebb::binary_cross_entropy_with_logits(0 * p, (t - 1) / 4, {.reduction = o.reduction}); },
      std::vector<double>(4, std::log(2.0)));
}

TEST_CASE("binary_cross_entropy_with_logits weighs the positive part and the elements") {
  const Tensor<double> x({2, 2}, {std::log(3.0), 0, 0, 0}), t({2, 2}, {1, 1, 0, 0.5});
  const Tensor<double> positive({2}, {2, 3}), weights({2, 1}, {10, 1});
  const double half = std::log(2.0), quarter = std::log(4.0 / 3);
  check_values(ebb::binary_cross_entropy_with_logits(
                   x, t, {.weights = weights, .positive_weight = positive, .reduction = ebb::Reduction::none}),
               {10 * 2 * quarter, 10 * 3 * half, half, 0.5 * 3 * half + 0.5 * half});
  const auto hidden = ebb::binary_cross_entropy_with_logits(Tensor<double>({2}, {-INFINITY, 0}), ebb::ones<double>({2}),
                                                            {.weights = Tensor<double>({2}, {0, 1})});
  CHECK(hidden.item() == close_to(half / 2));
  CHECK_ERROR(ebb::binary_cross_entropy_with_logits(x, t, {.weights = ebb::ones<double>({3})}),
              "weights of shape [3] does not broadcast to logits of shape [2, 2]");
}

TEST_CASE("cosine_embedding_loss and triplet_margin_loss of hand-computed rows") {
  const Tensor<double> a({3, 2}, {3, 4, 1, 0, 1, 0}), b({3, 2}, {4, 3, 1, 1, 0, 5});
  const double c0 = 24.0 / 25, c1 = std::sqrt(0.5);
  check_values(ebb::cosine_embedding_loss(a, b, IntArray({3}, {1, -1, -1}), 0.25, {.reduction = ebb::Reduction::none}),
               {1 - c0, c1 - 0.25, 0});
  const Tensor<double> anchor({2, 2}, {0, 0, 0, 0}), near({2, 2}, {3, 4, 1, 0}), far({2, 2}, {0, 2, 0, 4});
  check_values(ebb::triplet_margin_loss(anchor, near, far, 1.5, {.reduction = ebb::Reduction::none}), {4.5, 0});
  CHECK(ebb::triplet_margin_loss(anchor, near, far).item() == close_to(2));
}

TEST_CASE("at their kinks the losses have the derivative 0") {
  const auto slope = [](auto loss, double x) {
    return slope_at<double>([&](const auto& y) { return loss(ebb::reshape(y, {1})); }, x);
  };
  const Tensor<double> two({1}, {2});
  CHECK(slope([&](const auto& x) { return ebb::mean_absolute_error(x, two); }, 2) == 0);
  CHECK(slope([&](const auto& x) { return ebb::quantile_loss(x, two, 0.3); }, 2) == 0);
  CHECK(slope([&](const auto& x) { return ebb::quantile_loss(x, two, 0.3); }, 3) == close_to(0.7));
  CHECK(slope([&](const auto& x) { return ebb::quantile_loss(x, two, 0.3); }, 1) == close_to(-0.3));
  CHECK(slope([](const auto& x) { return ebb::hinge_loss(x, IntArray({1}, {-1})); }, -1) == 0);
  CHECK(slope([](const auto& x) { return ebb::hinge_loss(x, IntArray({1}, {-1})); }, 0) == 1);
}

TEST_CASE("equal rows have a triplet loss whose gradient is finite") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({1, 2}, {1, 2}));
  const auto loss = ebb::triplet_margin_loss(x, x, x);
  CHECK(loss.item() == 1);
  check_values(ebb::grad(loss, x), {0, 0});
}

TEST_CASE("losses refuse targets and parameters that they do not know") {
  const auto x = ebb::zeros<double>({2});
  CHECK_ERROR(ebb::hinge_loss(x, IntArray({2}, {1, 0})), "hinge_loss: target 0 at position [1] is neither 1 nor -1",
              "loss_test.cpp:");
  CHECK_ERROR(ebb::hinge_loss(x, IntArray({1}, {1})),
              "hinge_loss: one result for each of shape [2] and targets of shape [1]");
  CHECK_ERROR(ebb::quantile_loss(x, x, 1), "quantile_loss: a quantile is between 0 and 1, not 1");
  CHECK_ERROR(ebb::mean_absolute_error(x, ebb::zeros<double>({1})), "mean_absolute_error: a prediction of shape [2]");
  CHECK_ERROR(ebb::cosine_embedding_loss(ebb::ones<double>({2, 2}), ebb::ones<double>({2, 2}), IntArray({2}, {1, 2})),
              "cosine_embedding_loss: target 2 at position [1]");
  CHECK_ERROR(ebb::triplet_margin_loss(x, x, ebb::zeros<double>({1})), "triplet_margin_loss: an anchor of shape [2]");
  const auto none = ebb::zeros<double>({0});
  CHECK_ERROR(ebb::mean_absolute_error(none, none), "mean_absolute_error: there is nothing to average in shape [0]");
  CHECK(ebb::mean_absolute_error(none, none, {.reduction = ebb::Reduction::sum}).item() == 0);
}

TEST_CASE("derivatives of the further losses") {
  for (const Shape& shape : {Shape{3}, Shape{2, 3}, Shape{2, 1, 2}}) {
    CAPTURE(to_string(shape));
    const Values two{sample(shape), sample(shape, 2)}, three{sample(shape), sample(shape, 2), sample(shape, 3)};
    IntArray signs(shape, 1), row_signs(shape.without(-1), -1);
    signs.mutable_data()[0] = -1;
    for (const auto reduction : {ebb::Reduction::none, ebb::Reduction::mean}) {
      const ebb::LossOptions options{reduction};
      check_gradients([&](const Values& x) { return ebb::mean_absolute_error(x[0], x[1], options); }, two);
      check_gradients([&](const Values& x) { return ebb::quantile_loss(x[0], x[1], 0.3, options); }, two);
      check_gradients([&](const Values& x) { return ebb::hinge_loss(x[0], signs, options); }, {two[0]});
      check_gradients([&](const Values& x) { return ebb::cosine_embedding_loss(x[0], x[1], row_signs, -0.9, options); },
                      two);
      check_gradients([&](const Values& x) { return ebb::triplet_margin_loss(x[0], x[1], x[2], 5, options); }, three);
      check_gradients(
          [&](const Values& x) {
            return ebb::binary_cross_entropy_with_logits(
                x[0], sigmoid(x[1]), {.weights = exp(x[2]), .positive_weight = exp(x[0]), .reduction = reduction});
          },
          three);
    }
  }
}
