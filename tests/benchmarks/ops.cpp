#include <ebb/ebb.hpp>
#include <functional>

#include "arguments.hpp"
#include "measure.hpp"
#include "works.hpp"

void ops(std::span<char*> given) {
  using Tensor = ebb::Tensor<float>;
  const Arguments a("ops", given, {{"N", 2048}, {"D", 768}, {"steps", 30}});
  const ebb::Index rows = a["N"], width = a["D"];
  ebb::Generator generator(1);
  const auto x_value = ebb::normal<float>({rows, width}, generator.next());
  const auto weight_value = ebb::normal<float>({width, width}, generator.next());
  const auto cotangent = ebb::normal<float>({rows, width}, generator.next());
  const ebb::Parameter<float> bias(ebb::zeros<float>({width}).value());
  const auto measure = [&](const char* name, const std::function<Tensor(const Tensor&, const Tensor&)>& operation,
                           const Tensor& second) {
    std::vector<double> seconds;
    for (long step = 0; step < a["steps"]; ++step) {
      const double start = now();
      ebb::Tape<float> tape;
      const Tensor x = tape.watch(x_value), w = tape.watch(second);
      const Tensor y = operation(x, w);
      const auto gradients = grad(y, {x, w, bias}, {.cotangent = cotangent, .allow_unused = true});
      seconds.push_back(now() - start);
    }
    print_line("op", {{"op", name}, {"N", rows}, {"D", width}, {"us", rounded(median(seconds) * 1e6, 1)}});
  };
  const Tensor gain = ebb::ones<float>({width});
  measure(
      "softmax", [](const Tensor& x, const Tensor&) { return softmax(x); }, gain);
  measure(
      "layer_norm", [&](const Tensor& x, const Tensor& w) { return layer_norm(x, w, bias); }, gain);
  measure(
      "gelu", [](const Tensor& x, const Tensor&) { return gelu_tanh(x); }, gain);
  measure(
      "tanh", [](const Tensor& x, const Tensor&) { return tanh(x); }, gain);
  measure(
      "add", [](const Tensor& x, const Tensor&) { return x + x; }, gain);
  measure(
      "mul", [](const Tensor& x, const Tensor&) { return x * x; }, gain);
  measure(
      "matmul", [](const Tensor& x, const Tensor& w) { return matmul(x, w); }, weight_value);
}
