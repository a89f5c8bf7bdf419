#include <ebb/ebb.hpp>

#include "arguments.hpp"
#include "measure.hpp"
#include "works.hpp"

namespace {

struct Network {
  ebb::nn::Linear<> first, second, third;
  explicit Network(ebb::Generator& generator)
      : first(2, 16, generator), second(16, 16, generator), third(16, 1, generator) {}
  ebb::Tensor<float> operator()(const ebb::Tensor<float>& x) const { return third(relu(second(relu(first(x))))); }
  void visit(auto& field) const { field("first", first), field("second", second), field("third", third); }
};

}  // namespace

void mlp(std::span<char*> given) {
  const Arguments a("mlp", given, {{"steps", 2000}});
  ebb::Generator generator(1);
  const Network network(generator);
  ebb::nn::SGD optimizer(ebb::nn::parameters(network), {.lr = 0.05});
  const auto x = ebb::normal<float>({100, 2}, generator.next()), y = ebb::normal<float>({100, 1}, generator.next());
  const double start = now();
  for (long step = 0; step < a["steps"]; ++step) {
    {
      ebb::Tape<float> tape;
      tape.backward(mean_squared_error(network(x), y));
    }
    optimizer.step();
  }
  print_line("mlp", {{"us_step", rounded((now() - start) / static_cast<double>(a["steps"]) * 1e6, 1)}});
}
