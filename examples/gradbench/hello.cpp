// x^2 and its derivative: what there is to see that both sides speak the protocol.

#include "evals.hpp"

namespace gradbench {
namespace {

double square_of(double x) { return x * x; }

double derivative(double x0) {
  ebb::Tape<double> tape;
  const Tensor x = tape.watch(Tensor({}, {x0}));
  return grad(x * x, x).item();
}

}  // namespace

Eval hello() { return {"hello", {{"square", function<double>(square_of)}, {"double", function<double>(derivative)}}}; }

}  // namespace gradbench
