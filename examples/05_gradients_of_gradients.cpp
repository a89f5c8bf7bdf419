// Gradients of gradients. A gradient is computed by the same operations as the function itself. With `create_graph`
// these are recorded too, so that the gradient can be differentiated in turn, as often as one likes.

#include <cmath>
#include <cstdio>
#include <ebb/ebb.hpp>

namespace {

using Tensor = ebb::Tensor<double>;

/// The derivatives of tanh at 0.5 up to the third, against what calculus says. Returns the largest error.
double derivatives_of_tanh() {
  ebb::Tape<double> tape;
  const Tensor x = tape.watch(ebb::full<double>({}, 0.5));
  const double t = std::tanh(0.5), t2 = t * t;
  const double by_hand[] = {t, 1 - t2, -2 * t * (1 - t2), (1 - t2) * (6 * t2 - 2)};

  double worst = 0;
  Tensor y = tanh(x);
  for (int order = 0; order <= 3; ++order) {
    std::printf("  order %d: %9.6f    by hand: %9.6f\n", order, y.item(), by_hand[order]);
    worst = std::max(worst, std::abs(y.item() - by_hand[order]));
    y = grad(y, x, {.create_graph = true});
  }
  return worst;
}

/// Rosenbrock's valley: flat along a bent floor, steep across it. The lowest point is (1, 1).
Tensor rosenbrock(const Tensor& x, const Tensor& y) { return square(1 - x) + 100 * square(y - square(x)); }

struct Point {
  double x, y;
};

/// One step of Newton's method, p - H^-1 g: g is the gradient, and each row of the Hessian H is the gradient of one
/// element of g.
Point newton_step(Point p) {
  ebb::Tape<double> tape;
  const Tensor x = tape.watch(ebb::full<double>({}, p.x));
  const Tensor y = tape.watch(ebb::full<double>({}, p.y));

  const auto g = grad(rosenbrock(x, y), {x, y}, {.create_graph = true});
  const auto row_x = grad(g[0], {x, y});
  const auto row_y = grad(g[1], {x, y});

  const double a = row_x[0].item(), b = row_x[1].item(), c = row_y[0].item(), d = row_y[1].item();
  const double determinant = a * d - b * c;
  return {p.x - (d * g[0].item() - b * g[1].item()) / determinant,
          p.y - (a * g[1].item() - c * g[0].item()) / determinant};
}

}  // namespace

int main() {
  std::printf("tanh and its derivatives at 0.5\n");
  const double worst = derivatives_of_tanh();

  std::printf("Newton's method in Rosenbrock's valley\n");
  Point p{-1.2, 1};
  for (int step = 0; step <= 6; ++step) {
    if (step > 0) p = newton_step(p);
    // Without a tape in scope the same function just computes its value.
    const double height = rosenbrock(ebb::full<double>({}, p.x), ebb::full<double>({}, p.y)).item();
    std::printf("  step %d: x = %7.4f, y = %7.4f, height %9.4f\n", step, p.x, p.y, height);
  }

  const bool right = worst < 1e-12 && std::abs(p.x - 1) < 1e-9 && std::abs(p.y - 1) < 1e-9;
  return right ? 0 : 1;
}

/* In the debugger: with `create_graph` a walk leaves records too. The first walk finds tanh alone on the tape, and
leaves the slope, an operation of its own, times the gradient that came: #3. The second walk differentiates the slope:
-2 tanh(x) times the slope, #4 to #6. So the third walk comes to another tanh, #4, and the gradient itself has a record.
(gdb) ebb break tanh
(gdb) run
ebb: the value of tanh at 05_gradients_of_gradients.cpp:20
(gdb) continue
ebb: the derivative of #1 tanh at 05_gradients_of_gradients.cpp:20
(gdb) ebb tape
tape 1 of double, 2 records, walk at #1
   #  op     scope  shape  inputs  saved  line
   0  watch         []             8 B    05_gradients_of_gradients.cpp:15
-> 1  tanh          []     #0      8 B    05_gradients_of_gradients.cpp:20
(gdb) continue
ebb: the value of tanh at 05_gradients_of_gradients.cpp:20
(gdb) continue
ebb: the derivative of #4 tanh at 05_gradients_of_gradients.cpp:20
(gdb) print dy
$1 = Tensor<double>[] #9 multiply -1.5729 ...
(gdb) ebb tape
tape 1 of double, 10 records, walk at #4
   #  op          scope  shape  inputs    saved  line
   0  watch              []               8 B    05_gradients_of_gradients.cpp:15
   1  tanh               []     #0        8 B    05_gradients_of_gradients.cpp:20
   2  tanh_slope         []     #0        16 B   05_gradients_of_gradients.cpp:20
   3  multiply           []     const #2  16 B   05_gradients_of_gradients.cpp:20
-> 4  tanh               []     #0        8 B    05_gradients_of_gradients.cpp:20
   5  multiply           []     const #4  16 B   05_gradients_of_gradients.cpp:20
   6  multiply           []     #5 #2     16 B   05_gradients_of_gradients.cpp:20
...
*/

/* Output:
tanh and its derivatives at 0.5
  order 0:  0.462117    by hand:  0.462117
  order 1:  0.786448    by hand:  0.786448
  order 2: -0.726862    by hand: -0.726862
  order 3: -0.565209    by hand: -0.565209
Newton's method in Rosenbrock's valley
  step 0: x = -1.2000, y =  1.0000, height   24.2000
  step 1: x = -1.1753, y =  1.3807, height    4.7319
  step 2: x =  0.7631, y = -3.1750, height 1411.8452
  step 3: x =  0.7634, y =  0.5828, height    0.0560
  step 4: x =  1.0000, y =  0.9440, height    0.3132
  step 5: x =  1.0000, y =  1.0000, height    0.0000
  step 6: x =  1.0000, y =  1.0000, height    0.0000
*/
