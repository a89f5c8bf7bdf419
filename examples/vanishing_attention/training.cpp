#include "training.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <optional>

#include "clipping_effect.hpp"
#include "gradients.hpp"
#include "model.hpp"

namespace vanishing_attention {

namespace nn = ebb::nn;
using ebb::Index;
using ebb::IntArray;

namespace {

constexpr int looks = 10;              // how often a run's gradients are looked into, after the first step
constexpr int held_out_passages = 64;  // for a loss on held-out text
constexpr std::uint64_t batches = 1;   // the stream of random numbers that batches are drawn from

double bits(double nats) { return nats / std::numbers::ln2; }

/// Whether a run is looked into at this step: the first, the last, and some at even distances.
bool is_looked_into(int step, int steps) { return step % std::max(1, steps / looks) == 0 || step == steps - 1; }

/// Passages at even distances over the whole of a text, always the same, with what follows each character.
nn::Batch even_passages(const std::vector<std::int32_t>& text, int context, int count) {
  const auto length = static_cast<std::size_t>(context), last = text.size() - length - 1;
  std::vector<std::int32_t> inputs, targets;
  for (int i = 0; i < count; ++i) {
    const std::size_t start = count > 1 ? last * static_cast<std::size_t>(i) / static_cast<std::size_t>(count - 1) : 0;
    for (std::size_t at = start; at < start + length; ++at) {
      inputs.push_back(text[at]);
      targets.push_back(text[at + 1]);
    }
  }
  const ebb::Shape shape{count, context};
  return {IntArray(shape, std::span<const std::int32_t>(inputs)),
          IntArray(shape, std::span<const std::int32_t>(targets))};
}

/// A short warm-up, then half a cosine down to a tenth.
nn::Schedule schedule(const Settings& settings) {
  const int warm_up = std::min(20, settings.steps / 5);
  const nn::Schedule after = nn::cosine(settings.learning_rate, settings.steps - warm_up, settings.learning_rate / 10);
  return warm_up > 0 ? nn::linear_warmup(warm_up, after) : after;
}

/// What each of some heads attends to, in the passage of `ids` [1, length].
std::vector<AttentionMap> attention_maps(const Model& model, const IntArray& ids, const Corpus& corpus) {
  const int depth = static_cast<int>(model.blocks.size()), size = static_cast<int>(ids.size());
  std::vector<std::string> tokens;
  for (std::int32_t id : ids.values()) tokens.push_back(corpus.characters[static_cast<std::size_t>(id)]);
  std::vector<AttentionMap> maps;
  auto x = model.positions(model.characters(ids));
  for (int layer = 0; layer < depth; ++layer) {
    const auto& block = model.blocks[static_cast<std::size_t>(layer)];
    if (layer == 0 || layer == depth / 2 || layer == depth - 1) {
      const std::vector<float> weights = block.attention_weights(x).to_vector();  // [1, heads, size, size]
      maps.push_back({layer, 0, size, {weights.begin(), weights.begin() + Index{size} * size}, tokens});
    }
    x = block(x);
  }
  return maps;
}

}  // namespace

Run train(const Settings& settings, const Recipe& recipe, std::uint64_t seed, const Corpus& corpus,
          const OnStep& on_step) {
  ebb::Generator generator(seed);
  Model model(settings, recipe, static_cast<Index>(corpus.characters.size()), generator);
  const auto parameters = nn::parameters(model);
  const nn::Clip clip = settings.clip.empty() ? recipe.clip : parse_clip(settings.clip);
  const auto optimizer = make_optimizer(settings.optimizer, parameters, settings.learning_rate, clip);
  const nn::Schedule learning_rate = schedule(settings);
  const nn::BatchSampler sampler(IntArray(ebb::Shape(corpus.train.size()), std::span<const std::int32_t>(corpus.train)),
                                 settings.context, settings.batch, ebb::Key{seed, batches});
  const nn::Batch held_out = even_passages(corpus.held_out, settings.context, held_out_passages);

  Run run;
  run.variant = recipe.variant.name;
  run.seed = seed;
  const auto start = std::chrono::steady_clock::now();
  for (int step = 0; step < settings.steps; ++step) {
    const auto [inputs, targets] = sampler(step);
    const bool looked_into = is_looked_into(step, settings.steps);
    optimizer->set_learning_rate(learning_rate(step));

    ebb::Tape<float> tape;
    std::optional<nn::GradientFlow<float>> flow;
    if (looked_into) flow.emplace(tape, model);
    const auto loss = ebb::cross_entropy(model(inputs), targets);
    tape.backward(loss);
    nn::StepReport report;
    try {
      if (looked_into && clip.kind != nn::Clip::Kind::none)
        run.clipping.push_back(clipping_effect(step, parameters, clip));
      report = optimizer->step();
    } catch (const ebb::Error& not_finite) {
      run.error = not_finite.what();
      break;
    }

    StepMetrics metrics{.step = step,
                        .train_loss = bits(loss.item()),
                        .gradient_norm = report.norm_before,
                        .clipped_norm = report.norm_after,
                        .clipped = report.clipped(),
                        .learning_rate = report.learning_rate};
    if (looked_into) {
      append_gradients(*flow, step, run.gradients);
      metrics.held_out_loss = bits(ebb::cross_entropy(model(held_out.inputs), held_out.targets).item());
    }
    run.steps.push_back(metrics);
    if (!on_step(run, metrics)) break;
  }
  run.finished = run.steps.size() == static_cast<std::size_t>(settings.steps);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  run.tokens_per_second = static_cast<double>(run.steps.size()) * settings.batch * settings.context / seconds.count();
  if (run.finished && seed == 1)
    run.attention = attention_maps(model, even_passages(corpus.held_out, settings.context, 1).inputs, corpus);
  return run;
}

std::size_t parameter_count(const Settings& settings, const Recipe& recipe, const Corpus& corpus) {
  ebb::Generator generator(1);
  Model model(settings, recipe, static_cast<Index>(corpus.characters.size()), generator);
  return static_cast<std::size_t>(nn::parameters(model).count());
}

}  // namespace vanishing_attention
