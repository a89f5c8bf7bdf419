// Softmax regression: points of three classes in the plane. Each class scores a point by a linear function, and softmax
// turns the three scores into three probabilities, which sum to 1 and so compete. The less probable the right class,
// the greater the loss. The training loop is written out: record, walk back, step down the gradient.

#include <cmath>
#include <cstdio>
#include <ebb/ebb.hpp>

namespace {

using Tensor = ebb::Tensor<double>;

struct Points {
  Tensor x;             // [count, 2]
  ebb::IntArray label;  // [count]: 0, 1, 2
};

/// Clouds around the corners of a triangle.
Points three_clouds(ebb::Index count, ebb::Generator& random) {
  const Tensor corners({3, 2}, {0, 1, -1, -0.7, 1, -0.7});
  const ebb::IntArray label = ebb::uniform_integers({count}, random.next(), 0, 3);
  return {gather(corners, label, 0) + ebb::normal<double>({count, 2}, random.next(), 0, 0.35), label};
}

/// The classes' scores of each point: [count, 3].
Tensor scores(const Tensor& x, const ebb::Parameter<double>& weight, const ebb::Parameter<double>& bias) {
  return matmul(x, weight) + bias;
}

/// Takes a step down the gradient, then clears it, since the next walk adds to it.
void descend(ebb::Parameter<double>& parameter, double rate) {
  parameter.set_value(parameter.value() - rate * parameter.gradient());
  parameter.clear_gradient();
}

}  // namespace

int main() {
  ebb::Generator random(3);
  const Points seen = three_clouds(150, random), unseen = three_clouds(1000, random);
  ebb::Parameter<double> weight(ebb::Array<double>({2, 3}, 0), "weight"), bias(ebb::Array<double>({3}, 0), "bias");

  for (int step = 0; step <= 200; ++step) {
    ebb::Tape<double> tape;
    const Tensor loss = cross_entropy(scores(seen.x, weight, bias), seen.label);
    tape.backward(loss);
    descend(weight, 0.5);
    descend(bias, 0.5);
    if (step % 50 == 0) std::printf("step %3d: loss %.3f\n", step, loss.item());
  }

  const ebb::IntArray guess = argmax(scores(unseen.x, weight, bias));
  ebb::Index right = 0;
  for (ebb::Index i = 0; i < guess.size(); ++i) right += guess.data()[i] == unseen.label.data()[i];
  const double share = static_cast<double>(right) / static_cast<double>(guess.size());
  std::printf("right on points not seen before: %.1f %%\n\n", 100 * share);

  // One record in full: the softmax of a point between the clouds, where the loss is -log of class 1's probability. A
  // tape that keeps all can explain any of its records.
  ebb::Tape<double> tape({.keep_all = true});
  const Tensor z = tape.watch(scores(Tensor({1, 2}, {0.1, 0.1}), weight, bias));
  const Tensor p = softmax(z);
  tape.backward(-log(slice(p, 1, {1, 2})));
  std::fputs(explain(tape[p]).c_str(), stdout);

  // The loss falls if score 1 rises, and just as much if the two others fall: the gradients sum to zero.
  const double left_over = sum(tape.gradient(z)).item();
  return share > 0.95 && std::abs(left_over) < 1e-12 ? 0 : 1;
}

/* In the debugger: only the probability of class 1 gets a gradient, and softmax makes of it one for each of the scores.
(gdb) break 62
(gdb) run
(gdb) ebb break softmax
(gdb) continue
ebb: the value of softmax at 03_softmax_regression.cpp:62
(gdb) continue
ebb: the derivative of #5 softmax at 03_softmax_regression.cpp:62
(gdb) print dy
$1 = Tensor<double>[1, 3] {{0, -4.59004, 0}}
(gdb) finish
...ebb::ReverseSweep<double>::run ...
(gdb) ebb grad 4
gradient at #4 watch, so far: [1, 3] {{0.541889, -0.782137, 0.240248}}
(gdb) ebb graph 5
#5 softmax[1, 3] of #4 at 03_softmax_regression.cpp:62
  from  #4 watch[1, 3] at 03_softmax_regression.cpp:61
  into  #6 slice[1, 1] of #5 at 03_softmax_regression.cpp:63
*/

/* Output:
step   0: loss 1.099
step  50: loss 0.109
step 100: loss 0.076
step 150: loss 0.063
step 200: loss 0.056
right on points not seen before: 99.7 %

record 5: softmax, made at ...03_softmax_regression.cpp:62
  y = e^x / sum(e^x) along an axis, over what a mask allows, else 0
  dx = y (dy - sum(dy y))
  Elements of a row compete: each gets its gradient less the row's weighted mean, times y, so that ...
  asked  axis         -1
  x      #4 watch     [1, 3] {{0.574861, -0.336333, -0.238528}}
  y      #5           [1, 3] {{0.541889, 0.217863, 0.240248}}
  dy     arrives      [1, 3] {{0, -4.59004, 0}}
  dx     to #4        [1, 3] {{0.541889, -0.782137, 0.240248}}
         differences  [1, 3] {{0.541889, -0.782137, 0.240248}}   at most ... apart
*/
