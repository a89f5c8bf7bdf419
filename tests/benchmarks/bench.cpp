#include <cstdio>
#include <cstring>
#include <exception>

#include "works.hpp"

namespace {

struct Work {
  const char* name;
  void (*run)(std::span<char*> arguments);
};
constexpr Work works[] = {
    {"train", train}, {"attn", attention},          {"overhead", overhead},     {"parts", parts}, {"mlp", mlp},
    {"ops", ops},     {"convolution", convolution}, {"recurrence", recurrence}, {"gemm", gemm}};

}  // namespace

int main(int count, char** values) {
  for (const Work& work : works) {
    if (count < 2 || std::strcmp(values[1], work.name) != 0) continue;
    try {
      work.run({values + 2, static_cast<std::size_t>(count - 2)});
      return 0;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "bench: %s\n", error.what());
      return 1;
    }
  }
  std::fprintf(stderr, "usage: bench train|attn|overhead|parts|mlp|ops|convolution|recurrence|gemm [key=value ...]\n");
  return 2;
}
