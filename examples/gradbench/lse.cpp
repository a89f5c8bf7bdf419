// log(sum(exp(x))) without overflow, and its gradient, which is softmax(x). ebb has both as operations of their own,
// `logsumexp` and `softmax`; here they are made of simpler ones.

#include "evals.hpp"

namespace gradbench {
namespace {

struct Input {
  Tensor x;
};
void from_json(const Json& json, Input& input) { json.at("x").get_to(input.x); }

Tensor log_sum_exp(const Tensor& x) {
  const Tensor a = max(x).detach();  // any number gives the same result, and so no gradient flows through it
  return a + log(sum(exp(x - a)));
}

double primal(const Input& input) { return log_sum_exp(input.x).item(); }

Tensor gradient(const Input& input) {
  ebb::Tape<double> tape;
  const Tensor x = tape.watch(input.x);
  return grad(log_sum_exp(x), x);
}

}  // namespace

Eval lse() { return {"lse", {{"primal", function<Input>(primal)}, {"gradient", function<Input>(gradient)}}}; }

}  // namespace gradbench
