// Threads of one's own around one model: for inference each just calls it; for a data-parallel step each has a tape and
// a part of the batch, and all gradients arrive at the parameters. The optimizer steps when the threads have been
// joined.

#include <ebb/ebb.hpp>
#include <thread>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<double>;

/// Runs f(0), f(1), ... on a thread each, and waits for all.
void on_threads(std::size_t count, const auto& f) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i)
    threads.emplace_back([&f, i] {
      ebb::set_threads(1);  // the cores are taken: operations need not share their work out further
      f(i);
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main() {
  ebb::Generator random(1);
  const nn::Sequential model(nn::Linear<double>(4, 32, random), nn::Activation::tanh,
                             nn::Linear<double>(32, 1, random));
  const auto parameters = nn::parameters(model);
  nn::SGD optimizer(parameters, {.lr = 0.1});
  const Tensor x = ebb::normal<double>({64, 4}, random.next());
  const Tensor y = sum(square(x), 1, {.keep = true});
  const std::vector<Tensor> part_of_x = split(x, 4, 0), part_of_y = split(y, 4, 0);

  std::vector<Tensor> answers(4);
  on_threads(4, [&](std::size_t i) { answers[i] = model(part_of_x[i]); });
  claim(norm(concatenate(answers, 0) - model(x)).item() < 1e-12, "four threads answer as one does");

  on_threads(4, [&](std::size_t i) {
    ebb::Tape<double> tape;  // belongs to this thread
    tape.backward(mean_squared_error(model(part_of_x[i]), part_of_y[i]) / 4);
  });
  const Tensor of_threads = parameters[0].gradient();
  optimizer.clear_gradients();

  ebb::Tape<double> tape;
  tape.backward(mean_squared_error(model(x), y));
  claim(norm(of_threads - parameters[0].gradient()).item() < 1e-12, "their gradients add up to that of the batch");
  optimizer.step();
}
