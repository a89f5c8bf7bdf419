#include <cstdio>
#include <ebb/ebb.hpp>

// d(x^2 y)/dx = 2xy, and an error that crosses the border of the library.
int main() {
  ebb::Tape<float> tape;
  const auto x = tape.watch(ebb::full<float>({}, 3));
  const auto y = ebb::Parameter<float>(ebb::Array<float>({}, 2));
  const auto z = x * x * y;
  tape.backward(z);
  if (tape.gradient(x).item() != 12 || y.gradient().item() != 9) return 1;
  try {
    ebb::add(ebb::ones<float>({2, 3}), ebb::ones<float>({4}));
  } catch (const ebb::Error& error) {
    std::printf("%s\n", error.what());
    return 0;
  }
  return 1;
}
