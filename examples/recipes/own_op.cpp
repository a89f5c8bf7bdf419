// An operation of one's own, with its derivative: the cube root. The value is a loop over numbers. The derivative is
// written with operations, so that it can be differentiated in turn. gradcheck holds both against difference quotients.

#include <cmath>
#include <ebb/ebb.hpp>
#include <iostream>

#include "claim.hpp"

namespace {

ebb::Array<double> cbrt_forward(ebb::Record<double>& record, ebb::Inputs<double> x) {
  record.save_output();  // for the derivative, as record.save(x[0]) keeps an input
  ebb::Array<double> y(x[0].shape());
  double* out = y.mutable_data();
  for (const double number : x[0].value().values()) *out++ = std::cbrt(number);
  return y;
}

void cbrt_backward(const ebb::Record<double>& record, const ebb::Tensor<double>& dy, ebb::Adjoints<double>& d) {
  if (d.needs(0)) d.add(0, dy / (3 * square(record.output)));
}

constexpr ebb::Op<double> cbrt_op{
    "cbrt",
    cbrt_forward,
    cbrt_backward,
    {"y = x^(1/3)", {"dx = dy / (3 y^2)"}, "The slope has no bound near 0."},  // what explain() says
};

ebb::Tensor<double> cbrt(const ebb::Operand<double>& x, ebb::SourceLocation at = ebb::SourceLocation::current()) {
  return apply(cbrt_op, {&x}, {}, at);
}

}  // namespace

int main() {
  const auto f = [](const std::vector<ebb::Tensor<double>>& x) { return cbrt(x[0]); };
  const auto report = ebb::gradcheck(f, {ebb::Tensor<double>{{-8, 1, 0.3}, {27, -2, 5}}});
  claim(report.passed, "the derivative is right, and so is the derivative of the derivative");

  ebb::Tape<double> tape({.keep_all = true});
  const auto x = tape.watch(ebb::full<double>({}, 8));
  const auto y = cbrt(x);
  tape.backward(y);
  claim(std::abs(tape.gradient(x).item() - 1.0 / 12) < 1e-15, "at 8 the slope is 1 / (3 * 2^2)");
  std::cout << explain(tape[y]);
}
