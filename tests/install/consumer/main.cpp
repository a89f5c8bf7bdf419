#include <cstdio>
#include <ebb/ebb.hpp>

// d(x^2 y)/dx = 2xy, an error that crosses the border of the library, and a break that leaves a bundle in the folder
// that is given.
int main(int, char** arguments) {
  ebb::Tape<float> tape({.keep_all = true});
  const auto x = tape.watch(ebb::full<float>({}, 3));
  const auto y = ebb::Parameter<float>(ebb::Array<float>({}, 2));
  const auto z = x * x * y;
  tape.backward(z, {.keep = true});
  if (tape.gradient(x).item() != 12 || y.gradient().item() != 9) return 1;
  try {
    ebb::add(ebb::ones<float>({2, 3}), ebb::ones<float>({4}));
    return 1;
  } catch (const ebb::Error& error) {
    std::printf("%s\n", error.what());
  }
  break_when(tape, ebb::non_finite{.bundle = arguments[1]});
  try {
    softmax(x * ebb::Tensor<float>({3}, {1, 2e38F, 0}));
  } catch (const ebb::Break& stopped) {
    std::printf("%s\n", stopped.what());
    return 0;
  }
  return 1;
}
