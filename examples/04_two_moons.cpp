// Two moons: two half circles that reach into each other, so that no straight line can separate them. A small network
// learns to tell them apart by stochastic gradient descent, and is then tested on points that it has not seen.

#include <cstdio>
#include <ebb/ebb.hpp>
#include <numbers>

namespace {

using Tensor = ebb::Tensor<double>;

/// A model is a plain struct: its layers, how to call them, and one function that lists them.
struct Model {
  explicit Model(ebb::Generator& random) : first(2, 16, random), second(16, 16, random), last(16, 1, random) {}

  Tensor operator()(const Tensor& x) const {
    const Tensor hidden = tanh(call(*this, second, tanh(call(*this, first, x))));
    return call(*this, last, hidden);
  }
  void visit(auto& field) const { field("first", first), field("second", second), field("last", last); }

  ebb::nn::Linear<double> first, second, last;
};

struct Points {
  Tensor x;      // [count, 2]
  Tensor label;  // [count, 1]: 0 on the upper moon, 1 on the lower
};

Points two_moons(ebb::Index count, ebb::Generator& random) {
  const Tensor label = to_tensor<double>(ebb::uniform_integers({count, 1}, random.next(), 0, 2));
  const Tensor angle = ebb::uniform<double>({count, 1}, random.next(), 0, std::numbers::pi);
  // The lower moon is the upper one, turned by half a circle and moved.
  const Tensor side = 1 - 2 * label;
  const Tensor x = side * cos(angle) + label;
  const Tensor y = side * sin(angle) + 0.5 * label;
  const Tensor noise = ebb::normal<double>({count, 2}, random.next(), 0, 0.1);
  return {ebb::concatenate<double>({x, y}, 1) + noise, label};
}

double accuracy(const Model& model, const Points& points) {
  const Tensor guess = to_tensor<double>(model(points.x) > 0);
  return 1 - mean(abs(guess - points.label)).item();
}

/// Draws the plane as the model sees it: o and * where it is sure of a moon, a dot where it is not.
void draw(const Model& model) {
  for (double y = 1.5; y > -1.05; y -= 0.25) {
    for (double x = -1.5; x < 2.55; x += 0.1) {
      const double logit = model(Tensor({1, 2}, {x, y})).item();
      std::putchar(logit < -1 ? 'o' : logit > 1 ? '*' : '.');
    }
    std::putchar('\n');
  }
}

}  // namespace

int main() {
  ebb::Generator random(7);
  const Points seen = two_moons(200, random), unseen = two_moons(1000, random);
  const Model model(random);
  ebb::nn::SGD optimizer(ebb::nn::parameters<double>(model), {.lr = 0.2, .momentum = 0.9});

  for (int step = 0; step <= 300; ++step) {
    ebb::Tape<double> tape;
    const Tensor loss = binary_cross_entropy_with_logits(model(seen.x), seen.label);
    tape.backward(loss);
    optimizer.step();
    if (step % 100 == 0) std::printf("step %3d: loss %.3f\n", step, loss.item());
  }
  draw(model);

  const double right = accuracy(model, unseen);
  std::printf("right on points not seen before: %.1f %%\n", 100 * right);
  return right > 0.99 ? 0 : 1;
}

/* In the debugger: a layer's name is enough to stop in it. Records name their layer and the line of this program.
(gdb) ebb break second
(gdb) run
ebb: the value of linear in second at 04_two_moons.cpp:17
(gdb) ebb where 6
#6 linear in second at ...04_two_moons.cpp:17
17...const Tensor hidden = tanh(call(*this, second, tanh(call(*this, first, x))));
(gdb) continue
ebb: the derivative of #6 linear in second at 04_two_moons.cpp:17
(gdb) ebb tape
tape 1 of double, 22 records, walk at #6
    #  op         scope   shape      inputs         saved     line
    0  parameter  first   [2, 16]    first.weight   256 B     04_two_moons.cpp:17
    1  parameter  first   [16]       first.bias     128 B     04_two_moons.cpp:17
    2  linear     first   [200, 16]  const #0 #1    3.4 KiB   04_two_moons.cpp:17
    3  tanh               [200, 16]  #2             25.0 KiB  04_two_moons.cpp:17
    4  parameter  second  [16, 16]   second.weight  2.0 KiB   04_two_moons.cpp:17
    5  parameter  second  [16]       second.bias    128 B     04_two_moons.cpp:17
->  6  linear     second  [200, 16]  #3 #4 #5       27.0 KiB  04_two_moons.cpp:17
    7  tanh               [200, 16]  #6             0 B       04_two_moons.cpp:17
...
   21  mean               []         #20            0 B       04_two_moons.cpp:67
(gdb) ebb graph 6
#6 linear[200, 16] of #3 #4 #5 in second at 04_two_moons.cpp:17
  from  #3 tanh[200, 16] of #2 at 04_two_moons.cpp:17
  from  #4 parameter[16, 16] of second.weight in second at 04_two_moons.cpp:17
  from  #5 parameter[16] of second.bias in second at 04_two_moons.cpp:17
  into  #7 tanh[200, 16] of #6 at 04_two_moons.cpp:17
*/

/* Output:
step   0: loss 0.436
step 100: loss 0.240
step 200: loss 0.078
step 300: loss 0.005
ooooooooooooooooooooooooooooooooooooooooo
oooooooooooooooooooooooooooooooooooooooo.
ooooooooooooooooooooooooooooooooooooo..**
ooooooooooooooo..oooooooooooooooooo.*****
ooooooooooooo.****.ooooooooooooo.********
oooooooooooo********.oooooooo.***********
ooooooooooo************.o...*************
ooooooooo.*******************************
oooooooo.********************************
oooooo.**********************************
oo..*************************************
right on points not seen before: 99.6 %
*/
