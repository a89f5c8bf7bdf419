// Reinforcement learning by the policy gradient (Williams 1992): a walker in a corridor learns to go to its far end,
// from nothing but the reward that waits there. The loss is minus the log-probability of what was done, times what came
// of it.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

constexpr ebb::Index cells = 8, walkers = 64, steps = 20;

struct Episode {
  ebb::IntArray places, actions;  // [steps, walkers]
  ebb::Tensor<float> rewards;     // likewise
};

/// Lets walkers go left (0) or right (1) from cell 0; each step costs 0.1, and the last cell gives 1 for each step
/// there.
Episode walk(const ebb::Tensor<float>& policy, ebb::Generator& random) {
  std::vector<ebb::IntArray> places, actions;
  std::vector<ebb::Tensor<float>> rewards;
  ebb::IntArray place(ebb::Shape{walkers}, 0);
  for (ebb::Index t = 0; t < steps; ++t) {
    const ebb::IntArray action = ebb::nn::sample(gather(policy, place, 0), random.next());
    places.push_back(place), actions.push_back(action);
    const ebb::IntArray next = place + 2 * action - 1;
    place = where(next < 0, 0, where(next >= cells, cells - 1, next));
    rewards.push_back(ebb::to_tensor<float>(equal(place, cells - 1)) - 0.1);
  }
  return {ebb::stack(places), ebb::stack(actions), ebb::stack(rewards)};
}

}  // namespace

int main() {
  ebb::Generator random(1);
  const ebb::Parameter<float> policy(ebb::zeros<float>({cells, 2}), "policy");  // logits of left and right by cell
  ebb::nn::Adam optimizer(policy, {.lr = 0.1});
  double first = 0, last = 0;
  for (int round = 0; round < 150; ++round) {
    const Episode episode = walk(policy.value(), random);
    // What each step led to: the rewards from there on, compared with those of the other walkers.
    const auto to_come = flip(cumulative_sum(flip(episode.rewards, {0}), 0), {0});
    const auto advantage = to_come - mean(to_come, 1, {.keep = true});
    ebb::Tape tape;
    const auto log_probability = log_softmax(gather(policy, episode.places, 0));  // [steps, walkers, 2]
    const auto done = take_along_axis(log_probability, reshape(episode.actions, {steps, walkers, 1}), -1);
    tape.backward(-mean(squeeze(done, -1) * advantage));
    optimizer.step();
    last = mean(sum(episode.rewards, 0)).item();
    if (round == 0) first = last;
    if (round % 50 == 0) std::printf("round %d: reward %.2f\n", round, last);
  }
  const double best = static_cast<double>(steps - (cells - 2)) - 0.1 * steps;
  std::printf("reward %.2f, then %.2f of at most %.2f\n", first, last, best);
  claim(first < 1 && last > 0.9 * best, "the walkers go straight to the far end");
}
