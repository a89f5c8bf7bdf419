#include <cmath>

#include "cases.hpp"

using namespace ebb_test;

namespace {

using Vector = std::vector<double>;

/// Up to three parameters with gradients, and copies of the gradients to hold against.
struct Gradients {
  ebb::nn::ParameterList<double> list;
  Vector before;

  Gradients() {
    for (int count = *integers(1, 3); count > 0; --count) {
      const T gradient = *tensors({*integers(1, 40)}, -3, 3);
      Parameter<double> parameter(ebb::Array<double>(gradient.shape(), 1.0));
      parameter.set_gradient(gradient.value());
      list.add(parameter);
    }
    before = values();
  }
  /// All gradients, one after another.
  Vector values() const {
    Vector all;
    for (const auto& parameter : list) {
      const Vector gradient = parameter.gradient().to_vector();
      all.insert(all.end(), gradient.begin(), gradient.end());
    }
    return all;
  }
};

double norm(const Vector& x) { return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0)); }

bool near(double a, double b) { return std::abs(a - b) <= 1e-12 * (1 + std::abs(b)); }

/// The state that an optimizer keeps for one weight.
struct Memory {
  double w, m = 0, v = 0, largest = 0;
};

/// Runs an optimizer over a few steps of random gradients, beside `update(weight, gradient, step)` for each weight.
template <class Optimizer, class Options, class Update>
void check_steps(const Options& options, Update update) {
  const T start = *tensors({*integers(1, 40)});
  Parameter<double> parameter(start.value());
  ebb::nn::ParameterList<double> list;
  list.add(parameter);
  Optimizer optimizer(list, options);

  std::vector<Memory> expected;
  for (double w : start.to_vector()) expected.push_back({w});
  for (int step = 1; step <= 4; ++step) {
    const T gradient = *tensors(start.shape(), -3, 3);
    parameter.set_gradient(gradient.value());
    optimizer.step();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      update(expected[i], gradient.data()[i], step);
      RC_ASSERT(near(parameter.state().value.data()[i], expected[i].w));
    }
  }
}

/// Kingma & Ba's algorithm 1 for one weight.
template <class Options>
double adam_step(Memory& weight, double g, int step, const Options& o) {
  weight.m = o.beta1 * weight.m + (1 - o.beta1) * g;
  weight.v = o.beta2 * weight.v + (1 - o.beta2) * g * g;
  const double m = weight.m / (1 - std::pow(o.beta1, step)), v = weight.v / (1 - std::pow(o.beta2, step));
  return o.lr * m / (std::sqrt(v) + o.epsilon);
}

template <class Options>
Options drawn_adam() {
  return {.lr = *numbers(0, 0.2),
          .beta1 = *numbers(0, 0.95),
          .beta2 = *numbers(0, 0.999),
          .epsilon = *rc::gen::element(1e-8, 1e-3),
          .weight_decay = *numbers(0, 0.5)};
}

}  // namespace

TEST_CASE("clipping by norm bounds the norm, keeps the direction, and leaves what is within the bound") {
  check_property([] {
    Gradients gradients;
    const double bound = *numbers(0.1, 20);
    const auto report = ebb::nn::clip_by_norm(gradients.list, bound);
    const Vector after = gradients.values();
    RC_ASSERT(near(report.norm_before, norm(gradients.before)));
    RC_ASSERT(near(report.norm_after, norm(after)));
    if (norm(gradients.before) <= bound) {
      RC_ASSERT(after == gradients.before);
    } else {
      RC_ASSERT(norm(after) <= bound * (1 + 1e-12));
      for (std::size_t i = 0; i < after.size(); ++i)
        RC_ASSERT(near(after[i] * norm(gradients.before), gradients.before[i] * bound));
    }
  });
}

TEST_CASE("clipping each by norm and adaptively bounds each parameter, and leaves what is within the bound") {
  check_property([] {
    Gradients gradients;
    const double bound = *numbers(0.1, 20);
    const bool adaptive = *integers(0, 1) == 1;
    std::vector<Vector> before;
    for (const auto& parameter : gradients.list) before.push_back(parameter.gradient().to_vector());
    const ebb::nn::Clip clip = adaptive ? ebb::nn::clip_adaptively(bound) : ebb::nn::clip_each_by_norm(bound);
    const auto report = ebb::nn::clip_gradients(gradients.list, clip);
    RC_ASSERT(near(report.norm_before, norm(gradients.before)));
    RC_ASSERT(near(report.norm_after, norm(gradients.values())));
    for (std::size_t i = 0; i < before.size(); ++i) {
      const Vector after = gradients.list[i].gradient().to_vector();
      // all weights are 1
      const double limit = adaptive ? bound * std::sqrt(static_cast<double>(after.size())) : bound;
      const double factor = std::min(1.0, limit / norm(before[i]));
      for (std::size_t k = 0; k < after.size(); ++k) RC_ASSERT(near(after[k], factor * before[i][k]));
    }
  });
}

TEST_CASE("clipping by value holds each element, and leaves those within the bound") {
  check_property([] {
    Gradients gradients;
    const double bound = *numbers(0.1, 4);
    ebb::nn::clip_by_value(gradients.list, bound);
    const Vector after = gradients.values();
    for (std::size_t i = 0; i < after.size(); ++i)
      RC_ASSERT(after[i] == std::min(std::max(gradients.before[i], -bound), bound));
  });
}

TEST_CASE("SGD follows its formula") {
  check_property([] {
    const ebb::nn::SGDOptions o{.lr = *numbers(0, 0.5),
                                .momentum = *numbers(0, 0.95),
                                .nesterov = *integers(0, 1) == 1,
                                .weight_decay = *numbers(0, 0.5)};
    check_steps<ebb::nn::SGD<double>>(o, [&](Memory& weight, double g, int) {
      g += o.weight_decay * weight.w;
      weight.v = o.momentum * weight.v + g;
      weight.w -= o.lr * (o.nesterov ? g + o.momentum * weight.v : weight.v);
    });
  });
}

TEST_CASE("RMSProp follows its formula") {
  check_property([] {
    const ebb::nn::RMSPropOptions o{.lr = *numbers(0, 0.2),
                                    .decay = *numbers(0, 0.999),
                                    .epsilon = *rc::gen::element(1e-8, 1e-3),
                                    .weight_decay = *numbers(0, 0.5)};
    check_steps<ebb::nn::RMSProp<double>>(o, [&](Memory& weight, double g, int) {
      g += o.weight_decay * weight.w;
      weight.v = o.decay * weight.v + (1 - o.decay) * g * g;
      weight.w -= o.lr * g / (std::sqrt(weight.v) + o.epsilon);
    });
  });
}

TEST_CASE("Adam follows its formula") {
  check_property([] {
    const auto o = drawn_adam<ebb::nn::AdamOptions>();
    check_steps<ebb::nn::Adam<double>>(o, [&](Memory& weight, double g, int step) {
      weight.w -= adam_step(weight, g + o.weight_decay * weight.w, step, o);
    });
  });
}

TEST_CASE("NAdam follows its formula, with AMSGrad's bound and without") {
  check_property([] {
    auto o = drawn_adam<ebb::nn::AdamOptions>();
    o.nesterov = true;
    o.amsgrad = *integers(0, 1) == 1;
    check_steps<ebb::nn::Adam<double>>(o, [&](Memory& weight, double g, int t) {
      g += o.weight_decay * weight.w;
      weight.m = o.beta1 * weight.m + (1 - o.beta1) * g;
      weight.v = o.beta2 * weight.v + (1 - o.beta2) * g * g;
      weight.largest = std::max(weight.largest, weight.v);
      const double v = (o.amsgrad ? weight.largest : weight.v) / (1 - std::pow(o.beta2, t));
      const double m =
          o.beta1 * weight.m / (1 - std::pow(o.beta1, t + 1)) + (1 - o.beta1) * g / (1 - std::pow(o.beta1, t));
      weight.w -= o.lr * m / (std::sqrt(v) + o.epsilon);
    });
  });
}

TEST_CASE("Adagrad follows its formula") {
  check_property([] {
    const ebb::nn::AdagradOptions o{
        .lr = *numbers(0, 0.5), .epsilon = *rc::gen::element(1e-10, 1e-3), .weight_decay = *numbers(0, 0.5)};
    check_steps<ebb::nn::Adagrad<double>>(o, [&](Memory& weight, double g, int) {
      g += o.weight_decay * weight.w;
      weight.v += g * g;
      weight.w -= o.lr * g / (std::sqrt(weight.v) + o.epsilon);
    });
  });
}

TEST_CASE("Lion follows its formula") {
  check_property([] {
    const ebb::nn::LionOptions o{.lr = *numbers(0, 0.2),
                                 .beta1 = *numbers(0, 0.95),
                                 .beta2 = *numbers(0, 0.999),
                                 .weight_decay = *numbers(0, 0.5)};
    check_steps<ebb::nn::Lion<double>>(o, [&](Memory& weight, double g, int) {
      const double c = o.beta1 * weight.m + (1 - o.beta1) * g;
      weight.w -= o.lr * (static_cast<double>(c > 0) - static_cast<double>(c < 0) + o.weight_decay * weight.w);
      weight.m = o.beta2 * weight.m + (1 - o.beta2) * g;
    });
  });
}

TEST_CASE("a moving average is the weighted mean of all values so far") {
  check_property([] {
    const double decay = *numbers(0, 0.99);
    Parameter<double> w((*tensors({*integers(1, 40)})).value());
    ebb::nn::EMA average(w, {.decay = decay});
    Vector sum(static_cast<std::size_t>(w.size()));
    double weights = 0;
    for (int step = 1; step <= 5; ++step) {
      w.set_value(*tensors(w.shape(), -3, 3));
      average.update();
      weights = decay * weights + 1;
      for (std::size_t i = 0; i < sum.size(); ++i) {
        sum[i] = decay * sum[i] + w.value().to_vector()[i];
        RC_ASSERT(near(average.values()[0].to_vector()[i], sum[i] / weights));
      }
    }
  });
}

TEST_CASE("AdamW follows its formula: the decay stays out of the running means") {
  check_property([] {
    const auto o = drawn_adam<ebb::nn::AdamWOptions>();
    check_steps<ebb::nn::AdamW<double>>(o, [&](Memory& weight, double g, int step) {
      weight.w -= o.lr * o.weight_decay * weight.w + adam_step(weight, g, step, o);
    });
  });
}
