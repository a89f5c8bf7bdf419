// A neuron, y = tanh(w x + b), and the loss L = (y - t)^2, which grows as y gets further from the target t. By hand,
// the chain rule from the loss back to the weight is a product of slopes:
//
//     z = w x + b                 dL/dw = dL/dz x,   dL/db = dL/dz
//     y = tanh(z)                 dL/dz = dL/dy (1 - y^2)
//     L = (y - t)^2               dL/dy = 2 (y - t)
//
// The factor 1 - y^2 is the slope of tanh. Far from 0, tanh is flat: the neuron is saturated. The factor is almost 0
// there, and so is every gradient further back, however wrong y may be. The gradient ebbs away.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ebb/ebb.hpp>

namespace {

using Tensor = ebb::Tensor<double>;

constexpr double input = 1.5, target = -0.5, rate = 0.1;

struct Neuron {
  double w, b;
};

struct Gradient {
  double w, b, loss;
};

Gradient by_hand(Neuron neuron) {
  const double y = std::tanh(neuron.w * input + neuron.b);
  const double dy = 2 * (y - target);
  const double dz = dy * (1 - y * y);
  return {dz * input, dz, (y - target) * (y - target)};
}

Gradient by_tape(Neuron neuron) {
  ebb::Tape<double> tape;
  const Tensor w = tape.watch(ebb::full<double>({}, neuron.w));
  const Tensor b = tape.watch(ebb::full<double>({}, neuron.b));
  const Tensor z = w * input + b;
  const Tensor y = tanh(z);
  const Tensor loss = square(y - target);
  tape.backward(loss);
  return {tape.gradient(w).item(), tape.gradient(b).item(), loss.item()};
}

double loss_after(int steps, Neuron neuron) {
  for (int step = 0; step < steps; ++step) {
    const Gradient g = by_tape(neuron);
    neuron = {neuron.w - rate * g.w, neuron.b - rate * g.b};
  }
  return by_tape(neuron).loss;
}

}  // namespace

int main() {
  std::printf("                            dL/dw                        loss\n");
  std::printf("  w       y   1 - y^2     by hand     by tape      at first  after 50 steps\n");
  double worst = 0;
  for (const double w : {0.2, 1.0, 2.0, 4.0, 6.0}) {
    const Neuron neuron{w, 0};
    const Gradient hand = by_hand(neuron), tape = by_tape(neuron);
    const double y = std::tanh(w * input);
    std::printf("%3.1f  %6.4f  %8.6f  %10.7f  %10.7f  %12.4f  %14.4f\n", w, y, 1 - y * y, hand.w, tape.w, tape.loss,
                loss_after(50, neuron));
    worst = std::max({worst, std::abs(hand.w - tape.w), std::abs(hand.b - tape.b)});
  }

  // On the slope of tanh the neuron learns. Saturated, it does not move, although its loss is greater.
  const double learnt = loss_after(50, {0.2, 0}), saturated = loss_after(50, {6, 0});
  return worst < 1e-12 && learnt < 1e-3 && saturated > 2.2 ? 0 : 1;
}

/* In the debugger: a gradient of 3 comes to a tanh that an input of 9 saturates, and 0.00000018 goes on.
(gdb) break by_tape if neuron.w == 6
(gdb) run
(gdb) ebb break tanh
Will stop inside tanh, forward and backward.
(gdb) continue
ebb: the value of tanh at 02_a_neuron.cpp:42
(gdb) continue
ebb: the derivative of #4 tanh at 02_a_neuron.cpp:42
(gdb) print dy
$1 = Tensor<double>[] 3
(gdb) print r.saved[0]
$2 = Tensor<double>[] #3 add 9 at 02_a_neuron.cpp:41
(gdb) ebb step-back
ebb: the derivative of #3 add at 02_a_neuron.cpp:41
#0  ...add_backward<double> (dy=Tensor<double>[] 1.8276e-07, ...
*/

/* Output:
                            dL/dw                        loss
  w       y   1 - y^2     by hand     by tape      at first  after 50 steps
0.2  0.2913  0.915137   2.1724783   2.1724783        0.6262          0.0000
1.0  0.9051  0.180707   0.7617589   0.7617589        1.9744          0.0000
2.0  0.9951  0.009866   0.0442508   0.0442508        2.2352          2.0687
4.0  1.0000  0.000025   0.0001106   0.0001106        2.2500          2.2500
6.0  1.0000  0.000000   0.0000003   0.0000003        2.2500          2.2500
*/
