// A network on a graph. Along each edge a message goes from a node to its neighbour: `gather` reads the senders,
// `scatter_add` sums up what arrives. Told the groups of a few nodes, it finds those of all others by who knows whom.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;
constexpr ebb::Index nodes = 40;

struct Graph {
  std::vector<std::int32_t> from, to;  // of each edge
  /// The mean of what the neighbours of each node send: h [nodes, width] -> [nodes, width].
  Tensor mean_of_neighbours(const Tensor& h) const {
    const ebb::IntArray senders({from.size()}, from), receivers({to.size()}, to);
    const Tensor messages = gather(h, senders, 0);  // [edges, width]
    const Tensor sums = scatter_add(ebb::zeros<float>(h.shape()), receivers, messages, 0);
    const Tensor degrees = scatter_add(ebb::zeros<float>({nodes}), receivers, ebb::ones<float>(receivers.shape()), 0);
    return sums / unsqueeze(maximum(degrees, 1), 1);
  }
};

/// Even and odd nodes are a group each: a pair in one group is joined with probability 0.4, else with 0.05.
Graph draw(ebb::Generator& random) {
  const Tensor chance = ebb::uniform<float>({nodes, nodes}, random.next());
  Graph graph;
  for (std::int32_t i = 0; i < nodes; ++i)
    for (std::int32_t j = 0; j < i; ++j)
      if (chance.at({i, j}) < ((i - j) % 2 == 0 ? 0.4F : 0.05F))
        graph.from.insert(graph.from.end(), {i, j}), graph.to.insert(graph.to.end(), {j, i});  // both ways
  return graph;
}

}  // namespace

int main() {
  ebb::Generator random(1);
  const Graph graph = draw(random);
  const ebb::IntArray groups = remainder(ebb::arange(0, nodes), 2), told = {0, 1, 2, 3};
  const Tensor features = ebb::eye<float>(nodes);  // all that is known of a node is which one it is
  // Functions stand in a Sequential as layers do.
  const nn::Sequential model(
      nn::Linear<float>(nodes, 16, random), [&](const Tensor& h) { return graph.mean_of_neighbours(h); },
      nn::Activation::tanh, nn::Linear<float>(16, 2, random),
      [&](const Tensor& h) { return graph.mean_of_neighbours(h); });
  nn::AdamW optimizer(model, {.lr = 0.02, .weight_decay = 0.1});
  for (int step = 0; step < 200; ++step) {
    ebb::Tape tape;
    tape.backward(cross_entropy(gather(model(features), told, 0), gather(groups, told, 0)));
    optimizer.step();
  }
  const double right = nn::accuracy(model(features), groups);
  std::printf("told the groups of 4 nodes, right on %.0f %% of 40\n", 100 * right);
  claim(right > 0.9, "the others are found by their neighbours");
}
