// The first NaN. Once a number is NaN, all that comes of it is. A condition on the tape stops at the operation that
// made the first: in a debugger right there, else by an exception that names the operation and the line.

#include <cstring>
#include <ebb/ebb.hpp>
#include <iostream>

#include "claim.hpp"

using Tensor = ebb::Tensor<double>;

int main() {
  ebb::Tape<double> tape;
  break_when(tape, ebb::non_finite());
  const Tensor x = tape.watch(Tensor({3}, {1, 4, 0}));
  try {
    const Tensor root = sqrt(x);  // of 0 it is 0, without harm, but its slope there is infinite: times 0, NaN
    const Tensor loss = sum(root * x);
    claim(loss.item() == 9, "forward, all numbers are finite");
    tape.backward(loss);
    claim(false, "the walk was to stop");
  } catch (const ebb::Break& stop) {
    std::cout << stop.what() << '\n';
    const ebb::Record<double>& culprit = tape[stop.record];
    claim(std::strcmp(culprit.op->name, "sqrt") == 0, "the culprit is the square root");
    claim(stop.kind == ebb::EventKind::flow, "in what its derivative passes on");
  }

  // A condition may be of one's own, too: any function of an event that says why to stop.
  ebb::Tape<double> other;
  break_when(other, [](const ebb::Event<double>& event) {
    return std::string(max(abs(event.tensor)).item() > 100 ? "beyond 100" : "");
  });
  try {
    const Tensor y = exp(other.watch(Tensor({2}, {1, 5})));
    claim(false, "the operation was to stop");
  } catch (const ebb::Break& stop) {
    claim(stop.kind == ebb::EventKind::value, "e^5 is beyond 100: the program stops as soon as it is there");
  }
}
