#include "schedule.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "../autograd/base/error.hpp"
#include "state_fields.hpp"

namespace ebb::nn {

namespace {

double checked_count(const char* schedule, Index steps, Index least = 1) {
  if (steps < least)
    throw Error(fmt::format("{}: the number of steps must be at least {}, not {}", schedule, least, steps));
  return static_cast<double>(steps);
}

void check_rate(const char* schedule, double lr) {
  if (!(lr >= 0) || std::isinf(lr))
    throw Error(fmt::format("{}: a learning rate must be a finite number of at least 0, not {}", schedule, lr));
}

void check_follows(const char* schedule, const Schedule& then) {
  if (then == nullptr) throw Error(fmt::format("{}: there is no schedule to follow", schedule));
}

void check_part(const char* schedule, const char* what, double x, bool or_zero) {
  if (!((or_zero ? x >= 0 : x > 0) && x <= 1))
    throw Error(fmt::format("{}: the {} must be {} 0 and at most 1, not {}", schedule, what,
                            or_zero ? "at least" : "greater than", x));
}

/// Half a cosine, from a at 0 to b at 1.
double half_cosine(double a, double b, double share) {
  return b + (a - b) * (1 + std::cos(std::numbers::pi * share)) / 2;
}

}  // namespace

Schedule constant(double lr) {
  check_rate("constant", lr);
  return [lr](Index) { return lr; };
}

Schedule cosine(double lr, Index steps, double final) {
  check_rate("cosine", lr);
  check_rate("cosine", final);
  const double count = checked_count("cosine", steps);
  return [=](Index step) {
    if (step >= steps) return final;
    return half_cosine(lr, final, static_cast<double>(step) / count);
  };
}

Schedule inverse_square_root(double lr, Index scale) {
  check_rate("inverse_square_root", lr);
  const double count = checked_count("inverse_square_root", scale);
  return [=](Index step) { return lr / std::sqrt(1 + static_cast<double>(step) / count); };
}

Schedule linear_decay(double lr, Index steps, double final) {
  check_rate("linear_decay", lr);
  check_rate("linear_decay", final);
  const double count = checked_count("linear_decay", steps);
  return [=](Index step) { return step >= steps ? final : lr + (final - lr) * static_cast<double>(step) / count; };
}

Schedule step_decay(double lr, Index every, double factor) {
  check_rate("step_decay", lr);
  check_part("step_decay", "factor", factor, false);
  checked_count("step_decay", every);
  return [=](Index step) { return lr * std::pow(factor, static_cast<double>(step / every)); };
}

Schedule exponential(double lr, double factor) {
  check_rate("exponential", lr);
  check_part("exponential", "factor", factor, false);
  return [=](Index step) { return lr * std::pow(factor, static_cast<double>(step)); };
}

Schedule one_cycle(double highest, Index steps, OneCycleOptions options) {
  check_rate("one_cycle", highest);
  check_part("one_cycle", "share of the steps that rise", options.rise, true);
  check_part("one_cycle", "first rate, as a part of the highest,", options.start, true);
  check_part("one_cycle", "last rate, as a part of the highest,", options.final, true);
  const double top = options.rise * checked_count("one_cycle", steps), end = static_cast<double>(steps);
  const double start = options.start * highest, final = options.final * highest;
  return [=](Index step) {
    const double at = static_cast<double>(step);
    if (at < top) return half_cosine(start, highest, at / top);
    return at < end ? half_cosine(highest, final, (at - top) / (end - top)) : final;
  };
}

Schedule linear_warmup(Index steps, Schedule then) {
  check_follows("linear_warmup", then);
  const double count = checked_count("linear_warmup", steps, 0);
  return [=, then = std::move(then)](Index step) {
    return step < steps ? then(0) * static_cast<double>(step + 1) / count : then(step - steps);
  };
}

Schedule joined(Schedule first, Index steps, Schedule then) {
  check_follows("joined", first);
  check_follows("joined", then);
  checked_count("joined", steps, 0);
  return [=, first = std::move(first), then = std::move(then)](Index step) {
    return step < steps ? first(step) : then(step - steps);
  };
}

ReduceOnPlateau::ReduceOnPlateau(double lr, ReduceOnPlateauOptions options) : lr_(lr), options_(options) {
  check_rate("ReduceOnPlateau", lr);
  check_rate("ReduceOnPlateau", options.least);
  check_part("ReduceOnPlateau", "factor", options.factor, false);
  check_part("ReduceOnPlateau", "threshold", options.threshold, true);
  if (options.factor == 1) throw Error("ReduceOnPlateau: the factor must be less than 1");
  if (options.patience < 0)
    throw Error(fmt::format("ReduceOnPlateau: the patience must be at least 0, not {}", options.patience));
}

double ReduceOnPlateau::operator()(double loss) {
  if (std::isnan(loss)) throw Error("ReduceOnPlateau: the loss is not a number");
  const bool better = std::isinf(best_) ? loss < best_ : loss < best_ - options_.threshold * std::abs(best_);
  if (better) best_ = loss;
  waited_ = better ? 0 : waited_ + 1;
  if (waited_ > options_.patience) {
    lr_ = std::max(std::min(lr_, options_.least), lr_ * options_.factor);  // one that started below stays
    waited_ = 0;
  }
  return lr_;
}

void ReduceOnPlateau::visit_state(StateFields& field) {
  field("learning_rate", lr_);
  field("best", best_);
  field("waited", waited_);
}

}  // namespace ebb::nn
