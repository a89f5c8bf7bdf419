// An operation of one's own with two results: the length and the angle of points in the plane. It is recorded with both
// in one vector, which `unravel` cuts into the results; their cotangents come back as one vector, and are cut likewise.

#include <cmath>
#include <ebb/ebb.hpp>
#include <numbers>

#include "claim.hpp"

namespace {

using Tensor = ebb::Tensor<double>;

/// The inputs x and y have one shape, and so have both results.
ebb::Array<double> polar_forward(ebb::Record<double>& record, ebb::Inputs<double> in) {
  record.save(in[0]), record.save(in[1]);
  const ebb::Index n = in[0].size();
  ebb::Array<double> both(ebb::Shape{2 * n});
  for (ebb::Index i = 0; i < n; ++i) {
    both.mutable_data()[i] = std::hypot(in[0].data()[i], in[1].data()[i]);
    both.mutable_data()[n + i] = std::atan2(in[1].data()[i], in[0].data()[i]);
  }
  return both;
}

// dx = dr x / r - da y / r^2      dy = dr y / r + da x / r^2
void polar_backward(const ebb::Record<double>& record, const Tensor& d_both, ebb::Adjoints<double>& d) {
  const Tensor x = record.saved[0], y = record.saved[1], r = sqrt(square(x) + square(y));
  const auto results = unravel(d_both, {x, y});
  const Tensor &dr = results[0], &da = results[1];
  if (d.needs(0)) d.add(0, dr * x / r - da * y / square(r));
  if (d.needs(1)) d.add(1, dr * y / r + da * x / square(r));
}

constexpr ebb::Op<double> polar_op{"polar", polar_forward, polar_backward};

struct Polar {
  Tensor length, angle;
};
Polar polar(const Tensor& x, const Tensor& y, ebb::SourceLocation at = ebb::SourceLocation::current()) {
  const auto results = unravel(apply(polar_op, {&x, &y}, {}, at), {x, y});
  return {results[0], results[1]};
}

}  // namespace

int main() {
  const Tensor x({3}, {3, -1, 0.5}), y({3}, {4, 1, 2});
  const auto [length, angle] = polar(x, y);
  claim(length.at({0}) == 5 && std::abs(angle.at({1}) - 0.75 * std::numbers::pi) < 1e-15, "lengths and angles");

  const auto f = [](const std::vector<Tensor>& in) {
    const auto [r, a] = polar(in[0], in[1]);
    return r * a + sin(r);  // of both results
  };
  claim(ebb::gradcheck(f, {x, y}).passed, "the derivatives of both are right, to second order");
}
