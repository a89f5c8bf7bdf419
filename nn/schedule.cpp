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

}  // namespace

Schedule constant(double lr) {
  return [lr](Index) { return lr; };
}

Schedule cosine(double lr, Index steps, double final) {
  const double count = checked_count("cosine", steps);
  return [=](Index step) {
    if (step >= steps) return final;
    const double share = static_cast<double>(step) / count;
    return final + (lr - final) * (1 + std::cos(std::numbers::pi * share)) / 2;
  };
}

Schedule inverse_square_root(double lr, Index scale) {
  const double count = checked_count("inverse_square_root", scale);
  return [=](Index step) { return lr / std::sqrt(1 + static_cast<double>(step) / count); };
}

Schedule linear_warmup(Index steps, Schedule then) {
  const double count = checked_count("linear_warmup", steps, 0);
  return [=, then = std::move(then)](Index step) {
    return step < steps ? then(0) * static_cast<double>(step + 1) / count : then(step - steps);
  };
}

}  // namespace ebb::nn
