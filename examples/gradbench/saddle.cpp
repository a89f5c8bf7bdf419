// The saddle point of f(x, y) = |x|^2 - |y|^2: the x for which max_y f(x, y) is smallest, and the y of that maximum.
// The search for x takes the gradient of a search for y.

#include "descent.hpp"
#include "evals.hpp"

namespace gradbench {
namespace {

struct Input {
  Tensor start;  // of both searches: [2]
};
void from_json(const Json& json, Input& input) { json.at("start").get_to(input.start); }

Tensor f(const Tensor& x, const Tensor& y) { return sum(square(x)) - sum(square(y)); }

Tensor best_y(const Tensor& x, const Tensor& start) {
  return argmax([&](const Tensor& y) { return f(x, y); }, start);
}

Tensor saddle_point(const Input& input) {
  const Tensor x = argmin([&](const Tensor& at) { return f(at, best_y(at, input.start)); }, input.start);
  return ebb::concatenate({x, best_y(x, input.start)}, 0);
}

}  // namespace

Eval saddle() { return {"saddle", {{"rr", function<Input>(saddle_point)}}}; }

}  // namespace gradbench
