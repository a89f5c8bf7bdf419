#include "synthetic_results.hpp"

#include <cmath>

namespace ebb_test {

namespace {

using namespace vanishing_attention;

/// The results of a variant in this made-up world.
struct Behaviour {
  Variant variant;
  double final_loss, decay;  // of the gradient, from one block to the one before
  double clipped_share;
};

const std::vector<Behaviour> behaviours = {
    {{"bare", "attention and feed-forward, nothing else"}, 4.43, 0.12, 0},
    {{"residual", "residual connections alone"}, 2.61, 1.05, 0},
    {{"norm", "layer norm alone"}, 4.40, 0.45, 0},
    {{"pre-norm", "residual connections, layer norm before each sublayer"}, 2.42, 0.97, 0},
    {{"post-norm", "residual connections, layer norm after each sum"}, 2.95, 0.70, 0},
    {{"bare-clip-norm", "the bare stack, clipped by norm", "bare"}, 4.44, 0.12, 0.93},
    {{"bare-clip-value", "the bare stack, clipped by value", "bare"}, 4.45, 0.125, 0.88},
    {{"residual-clip-norm", "residual connections, clipped by norm", "residual"}, 2.63, 1.05, 0.71},
    {{"residual-clip-value", "residual & <b>\"clipped\"</b> by value", "residual"}, 2.66, 0.99, 0.64}};

/// Between -1 and 1, the same every time.
double noise(int a, int b) { return std::sin(12.9898 * a + 78.233 * b); }

std::vector<StepMetrics> steps_of(const Behaviour& b, const Settings& settings, int seed) {
  std::vector<StepMetrics> steps;
  for (int step = 0; step < settings.steps; ++step) {
    StepMetrics m;
    const double way = std::exp(-4.0 * step / settings.steps);
    m.step = step;
    m.train_loss = b.final_loss - 0.05 + way * (6.4 - b.final_loss) + 0.08 * noise(step, seed);
    if (step % 20 == 0 || step + 1 == settings.steps) {
      m.held_out_loss = b.final_loss + way * (6.4 - b.final_loss) + 0.03 * noise(seed, 7);
    }
    m.gradient_norm = 1.3 + way + 0.3 * noise(seed, step);
    m.clipped = noise(3 * step, seed) < 2 * b.clipped_share - 1 && b.clipped_share > 0;
    m.clipped_norm = m.clipped ? 1.0 : m.gradient_norm;
    m.learning_rate = settings.learning_rate;
    steps.push_back(m);
  }
  return steps;
}

std::vector<LayerGradient> gradients_of(const Behaviour& b, const Settings& settings, int seed) {
  std::vector<LayerGradient> gradients;
  for (const int step : {0, settings.steps - 1}) {
    for (int layer = 0; layer <= settings.depth; ++layer) {
      const double backward = std::pow(b.decay, settings.depth - layer), forward = std::pow(b.decay, layer);
      const double wobble = std::exp(0.2 * noise(layer, seed));
      gradients.push_back({step, layer, "block input", 0.3 * backward * wobble, forward, not_measured});
      if (layer == settings.depth) continue;
      gradients.push_back({step, layer, "query/key", 0.1 * forward * forward * backward * wobble, 4, 1e-3});
      gradients.push_back({step, layer, "value/output", 0.1 * forward * backward * wobble, 4, 1e-3});
      gradients.push_back({step, layer, "feed-forward", 0.2 * forward * backward * wobble, 5, 1e-3});
      gradients.push_back({step, layer, "bias", 0.1 * backward * wobble, 0, 1e-3});
      const bool norm = b.variant.name.find("norm") != std::string::npos && b.variant.base.empty();
      if (norm) gradients.push_back({step, layer, "norm", 0.05 * backward * wobble, 1, 1e-3});
    }
  }
  return gradients;
}

std::vector<AttentionMap> maps_of(const Behaviour& b, const Settings& settings) {
  std::vector<AttentionMap> maps;
  const std::string passage = "of \"this\" License; <b>or</b> any w";
  for (int layer = 0; layer < settings.depth; layer += 3) {
    for (int head = 0; head < 2; ++head) {
      AttentionMap map{layer, head, settings.context, {}, {}};
      for (int query = 0; query < map.size; ++query) {
        map.tokens.emplace_back(1, passage[static_cast<std::size_t>(query) % passage.size()]);
        std::vector<double> scores;
        double sum = 0;
        for (int key = 0; key < map.size; ++key) {
          const double sharp = b.decay > 0.6 ? 2.5 : 0.0;
          const double score =
              key > query ? 0 : std::exp(-sharp * std::abs(query - key - head - 1) + sharp * noise(key, layer));
          scores.push_back(score);
          sum += score;
        }
        for (double score : scores) map.weights.push_back(static_cast<float>(score / sum));
      }
      maps.push_back(map);
    }
  }
  return maps;
}

}  // namespace

Results synthetic_results() {
  Results r;
  r.text_name = "L'été \"2024\" <script>alert(1)</script>\xff.txt";
  r.settings.steps = 300;
  r.settings.seeds = 2;
  r.settings.out = "out";
  r.train_characters = 180000, r.held_out_characters = 20000, r.distinct_characters = 97, r.parameters = 153697;
  r.baselines = {4.46, 3.41};
  for (const Behaviour& b : behaviours) {
    r.variants.push_back(b.variant);
    r.settings.variants.push_back(b.variant.name);
    for (int seed = 1; seed <= r.settings.seeds; ++seed) {
      Run run;
      run.variant = b.variant.name;
      run.seed = static_cast<std::uint64_t>(seed);
      run.steps = steps_of(b, r.settings, seed);
      run.gradients = gradients_of(b, r.settings, seed);
      run.attention = maps_of(b, r.settings);
      run.tokens_per_second = 21000 + 1000 * noise(seed, 3);
      run.finished = true;
      r.runs.push_back(run);
    }
  }
  r.runs[0].steps[5].train_loss = not_measured;
  r.runs[0].gradients[0].gradient_norm = 1e-30;
  for (LayerGradient& g : r.runs[6].gradients) {
    if (g.layer < 2 && g.kind == "bias") g.gradient_norm = 0;
  }
  r.verdicts = {
      {"The bare stack's gradient falls by more than a factor of 1000 from the last block to the first, and training "
       "stays within 5 % of the unigram entropy",
       "ratio below 0.001, held-out loss above 4.24", "ratio 7.4e-11, held-out loss 4.430", true},
      {"Residual + pre-norm keeps that ratio between 0.1 and 10 and beats the bigram entropy",
       "ratio in [0.1, 10], held-out loss below 3.41", "ratio 0.72, held-out loss 2.420", true},
      {"Clipping \"cures\" the <em>bare</em> stack", "x < y & z", "no", false}};
  r.seconds = 187;
  return r;
}

Results diverged(Results results, const std::string& variant) {
  std::size_t steps = 12;
  for (Run& run : results.runs) {
    if (run.variant != variant) continue;
    run.steps.resize(steps++);
    run.steps.back().train_loss = 14312;
    std::erase_if(run.gradients, [](const LayerGradient& g) { return g.step > 0; });
    run.attention.clear();
    run.finished = false;
    run.error = "the gradient of parameter 'characters.table' is not finite: 896 of its 2752 elements are NaN";
  }
  return results;
}

}  // namespace ebb_test
