#include <ebb/ebb.hpp>

#include "arguments.hpp"
#include "measure.hpp"
#include "works.hpp"

void overhead(std::span<char*> given) {
  const Arguments a("overhead", given, {{"N", 1000}, {"n", 1}, {"steps", 30}});
  ebb::Parameter<float> scale(ebb::full<float>({a["n"]}, 0.9).value());
  ebb::Parameter<float> shift(ebb::full<float>({a["n"]}, 0.1).value());
  std::vector<double> forward, backward;
  const double operations = 3 * static_cast<double>(a["N"]);
  for (long step = 0; step < a["steps"]; ++step) {
    const double start = now();
    ebb::Tape<float> tape;
    ebb::Tensor<float> x(scale);
    for (long i = 0; i < a["N"]; ++i) x = tanh(x * scale + shift);
    const auto y = sum(x);
    const double middle = now();
    tape.backward(y);
    const double end = now();
    scale.clear_gradient(), shift.clear_gradient();
    forward.push_back((middle - start) / operations);
    backward.push_back((end - middle) / operations);
  }
  print_line("overhead", {{"n", a["n"]},
                          {"fwd_ns_op", rounded(median(forward) * 1e9, 0)},
                          {"bwd_ns_op", rounded(median(backward) * 1e9, 0)}});
}
