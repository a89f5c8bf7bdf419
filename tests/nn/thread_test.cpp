#include <thread>
#include <vector>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using ebb::nn::Linear;

namespace {

struct Model {
  explicit Model(Generator& generator) : first(2, 8, generator), second(8, 1, generator) {}
  Tensor<float> operator()(const Tensor<float>& x) const { return call(*this, second, tanh(call(*this, first, x))); }
  void visit(auto& field) const { field("first", first), field("second", second); }
  Linear<> first, second;
};

}  // namespace

TEST_CASE("threads that share a model list, show, save and follow it at once, and their gradients all arrive") {
  Generator generator(1);
  const Model model(generator);
  constexpr int threads = 4, rounds = 25;
  const TemporaryFolder folder;
  std::vector<std::thread> running;
  for (int number = 0; number < threads; ++number)
    running.emplace_back([&, number] {
      for (int round = 0; round < rounds; ++round) {
        Tape<float> tape;
        const nn::GradientFlow flow(tape, nn::parameters(model));
        tape.backward(sum(model(ones<float>({3, 2}))));
        CHECK(flow.parameters().size() == 4);
        CHECK(contains(nn::summary(model), "second.bias"));
        nn::save(folder.path + "/" + std::to_string(number), nn::parameters(model));
      }
    });
  for (std::thread& thread : running) thread.join();
  CHECK(model.second.bias.gradient().item() == 3 * threads * rounds);
}
