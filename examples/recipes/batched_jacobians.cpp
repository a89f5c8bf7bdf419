// The Jacobian of each sample for itself, in as many walks as a sample has outputs: how a robot's arm with two joints
// follows small changes of its angles, and back: the angles that bring all hands to their targets, by Newton's method.

#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

using Tensor = ebb::Tensor<double>;

/// Angles [arms, 2] to places of the hand [arms, 2].
Tensor hand(const Tensor& angles) {
  const Tensor first = slice(angles, 1, {0, 1}), both = sum(angles, 1, {.keep = true});
  return ebb::concatenate({cos(first) + cos(both), sin(first) + sin(both)}, 1);
}

}  // namespace

int main() {
  constexpr ebb::Index arms = 1000;
  const Tensor wanted = ebb::uniform<double>({arms, 2}, ebb::Key(1), 0.3, 1.2);
  const Tensor targets = hand(wanted);

  Tensor angles = wanted + 0.1 * ebb::normal<double>({arms, 2}, ebb::Key(2));
  for (int step = 0; step < 8; ++step) {
    ebb::Tape<double> tape;
    const Tensor x = tape.watch(angles), y = hand(x);
    const Tensor J = batched_jacobian(y, x);  // [arms, 2, 2]
    angles += solve(J, targets - y.detach());
  }
  claim(max(abs(hand(angles) - targets)).item() < 1e-12, "all hands are where they should be");

  ebb::Tape<double> tape;
  const Tensor x = tape.watch(slice(angles, 0, {0, 3})), y = hand(x);
  const Tensor all = jacobian(y, x), own = batched_jacobian(y, x);  // [3, 2, 3, 2] and [3, 2, 2]
  claim(norm(select(select(all, 2, 1), 0, 1) - select(own, 0, 1)).item() == 0, "a block of the whole Jacobian");
}
