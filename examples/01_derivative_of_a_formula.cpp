// The derivative of a formula, f(x, y) = x y + sin(x).
//
// While a tape is in scope, each operation computes its value at once and leaves one record on the tape. Walking the
// records from the last to the first, the chain rule gives the derivative of f with respect to each of its inputs.

#include <cmath>
#include <cstdio>
#include <ebb/ebb.hpp>

int main() {
  ebb::Tape<double> tape;

  // The leaves: numbers (tensors of rank 0) that the tape is to watch.
  const auto x = tape.watch(ebb::full<double>({}, 2));
  const auto y = tape.watch(ebb::full<double>({}, 3));

  const auto product = x * y;
  const auto f = product + sin(x);
  std::printf("f(2, 3) = %.6f\n\n", f.item());

  // The records, in the order in which the operations ran. `inputs` are the records that a record read, `saved` is the
  // memory that its derivative will need, and `line` is the line of this program.
  print(tape);

  tape.backward(f);
  const double df_dx = tape.gradient(x).item();
  const double df_dy = tape.gradient(y).item();
  std::printf("\ndf/dx = %.6f    by hand: y + cos(x) = %.6f\n", df_dx, 3 + std::cos(2.0));
  std::printf("df/dy = %.6f    by hand: x          = %.6f\n", df_dy, 2.0);

  const bool right = std::abs(df_dx - (3 + std::cos(2.0))) < 1e-12 && df_dy == 2;
  return right ? 0 : 1;
}

/* In the debugger: the walk goes back one record at a time, and what it has gathered so far can be read at any of them.
At x, record 0, that is cos(2) once it has passed sin, and 3 more once it has passed the product.
(gdb) break main
(gdb) run
(gdb) ebb step-back
ebb: the derivative of #4 add at 01_derivative_of_a_formula.cpp:18
(gdb) ebb step-back
ebb: the derivative of #3 sin at 01_derivative_of_a_formula.cpp:18
#0  ...sin_backward<double> (..., dy=Tensor<double>[] 1, ...
...if (d.needs(0)) d.add(0, dy * cos(r.saved[0]));
(gdb) ebb tape
tape 1 of double, 5 records, walk at #3
   #  op        scope  shape  inputs  saved  line
   0  watch            []             8 B    01_derivative_of_a_formula.cpp:14
   1  watch            []             8 B    01_derivative_of_a_formula.cpp:15
   2  multiply         []     #0 #1   16 B   01_derivative_of_a_formula.cpp:17
-> 3  sin              []     #0      8 B    01_derivative_of_a_formula.cpp:18
   4  add              []     #2 #3   0 B    01_derivative_of_a_formula.cpp:18
(gdb) ebb step-back
ebb: the derivative of #2 multiply at 01_derivative_of_a_formula.cpp:17
(gdb) ebb grad 0
gradient at #0 watch, so far: [] -0.416147
(gdb) finish
(gdb) ebb grad 0
gradient at #0 watch, so far: [] 2.58385
*/

/* Output:
f(2, 3) = 6.909297

tape 1 of double, 5 records
#  op        scope  shape  inputs  saved  line
0  watch            []             8 B    01_derivative_of_a_formula.cpp:14
1  watch            []             8 B    01_derivative_of_a_formula.cpp:15
2  multiply         []     #0 #1   16 B   01_derivative_of_a_formula.cpp:17
3  sin              []     #0      8 B    01_derivative_of_a_formula.cpp:18
4  add              []     #2 #3   0 B    01_derivative_of_a_formula.cpp:18

df/dx = 2.583853    by hand: y + cos(x) = 2.583853
df/dy = 2.000000    by hand: x          = 2.000000
*/
