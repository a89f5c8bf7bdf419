#include <ebb/ebb.hpp>
#include <functional>

#include "arguments.hpp"
#include "measure.hpp"
#include "works.hpp"

namespace {

using Leaves = std::vector<ebb::Tensor<float>>;

/// Prints the medians of a layer forward, and forward and backward, with gradients for all leaves.
void measure(const char* work, const char* name, long steps, const Leaves& values,
             const std::function<ebb::Tensor<float>(const Leaves&)>& layer) {
  const ebb::Tensor<float> cotangent = ebb::normal<float>(layer(values).shape(), ebb::Key{7});
  std::vector<double> both, forward;
  for (long step = 0; step < steps + 1; ++step) {
    ebb::Tape<float> tape;
    Leaves x;
    for (const auto& value : values) x.push_back(tape.watch(value));
    const double start = now();
    const auto y = layer(x);
    const double middle = now();
    const auto gradients = grad(y, x, {.cotangent = cotangent});
    if (step == 0) continue;  // the first one fills the memory pool
    both.push_back(now() - start);
    forward.push_back(middle - start);
  }
  print_line(work,
             {{"name", name}, {"ms", rounded(median(both) * 1e3, 3)}, {"fwd_ms", rounded(median(forward) * 1e3, 3)}});
}

}  // namespace

void convolution(std::span<char*> given) {
  const Arguments a("convolution", given, {{"B", 16}, {"S", 32}, {"C", 64}, {"steps", 10}});
  ebb::Generator generator(1);
  const auto random = [&](const ebb::Shape& shape) { return ebb::normal<float>(shape, generator.next(), 0, 0.1); };
  const ebb::Index B = a["B"], S = a["S"], C = a["C"];
  const Leaves images{random({B, S, S, C}), random({3, 3, C, C}), random({C})};
  const auto run = [&](const char* name, const Leaves& leaves, const ebb::ConvolutionOptions& options) {
    measure("convolution", name, a["steps"], leaves,
            [&](const Leaves& x) { return ebb::convolution(x[0], x[1], x[2], options); });
  };
  run("3x3", images, {.padding = 1});
  run("3x3, stride 2", images, {.stride = 2, .padding = 1});
  run("1x1", {images[0], random({1, 1, C, C}), images[2]}, {});
  run("7x7 of 3 channels, stride 2", {random({B, 2 * S, 2 * S, 3}), random({7, 7, 3, C}), images[2]},
      {.stride = 2, .padding = 3});
  run("3x3, each channel by itself", {images[0], random({3, 3, 1, C}), images[2]}, {.padding = 1, .groups = C});
  measure("convolution", "max_pool 2x2", a["steps"], {images[0]}, [](const Leaves& x) {
    return ebb::max_pool(x[0], {2, 2});
  });
  measure("convolution", "batch_norm", a["steps"], {images[0], images[2], images[2]},
          [](const Leaves& x) { return ebb::batch_norm(x[0], x[1], x[2]); });
}

void recurrence(std::span<char*> given) {
  const Arguments a("recurrence", given, {{"B", 32}, {"T", 64}, {"D", 256}, {"H", 256}, {"steps", 5}});
  ebb::Generator generator(1);
  const auto x = ebb::normal<float>({a["B"], a["T"], a["D"]}, generator.next());
  const auto run = [&](const char* name, const auto& layer) {
    std::vector<double> both, forward;
    for (long step = 0; step < a["steps"] + 1; ++step) {
      ebb::Tape<float> tape;
      const auto leaf = tape.watch(x);
      const double start = now();
      const auto y = sum(layer(leaf));
      const double middle = now();
      tape.backward(y, {.accumulate = true});
      if (step == 0) continue;
      both.push_back(now() - start);
      forward.push_back(middle - start);
    }
    print_line("recurrence",
               {{"name", name}, {"ms", rounded(median(both) * 1e3, 2)}, {"fwd_ms", rounded(median(forward) * 1e3, 2)}});
  };
  run("RNN", ebb::nn::RNN<float>(a["D"], a["H"], generator));
  run("GRU", ebb::nn::GRU<float>(a["D"], a["H"], generator));
  run("LSTM", ebb::nn::LSTM<float>(a["D"], a["H"], generator));
}
