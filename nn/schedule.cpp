#include "schedule.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "../autograd/base/error.hpp"

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
    const double share = static_cast<double>(step) / count;
    return final + (lr - final) * (1 + std::cos(std::numbers::pi * share)) / 2;
  };
}

Schedule inverse_square_root(double lr, Index scale) {
  check_rate("inverse_square_root", lr);
  const double count = checked_count("inverse_square_root", scale);
  return [=](Index step) { return lr / std::sqrt(1 + static_cast<double>(step) / count); };
}

Schedule linear_warmup(Index steps, Schedule then) {
  if (then == nullptr) throw Error("linear_warmup: there is no schedule to follow");
  const double count = checked_count("linear_warmup", steps, 0);
  return [=, then = std::move(then)](Index step) {
    return step < steps ? then(0) * static_cast<double>(step + 1) / count : then(step - steps);
  };
}

}  // namespace ebb::nn
