#include "train.hpp"

#include <chrono>
#include <ebb/ebb.hpp>

#include "model.hpp"
#include "notes.hpp"

namespace vanishing_attention {

namespace nn = ebb::nn;

namespace {

constexpr std::uint64_t batch_stream = 1;  // the random numbers for the batches, apart from those for the weights

nn::BatchSampler batch_sampler(const Settings& settings, std::uint64_t seed, const Corpus& corpus) {
  return {corpus.train, settings.context, settings.batch_size, ebb::Key{seed, batch_stream}};
}

}  // namespace

Run train(const Settings& settings, const Variant& variant, std::uint64_t seed, const Corpus& corpus,
          const OnStep& on_step, const SaveTo& save_to) {
  ebb::Generator generator(seed);
  const Model model(settings, variant, static_cast<ebb::Index>(corpus.characters.size()), generator);
  const nn::Clip clip = clip_of(settings, variant);
  const auto optimizer = make_optimizer(settings.optimizer, nn::parameters(model), settings.learning_rate, clip);
  const nn::Schedule learning_rate = learning_rate_schedule(settings);
  const nn::BatchSampler sampler = batch_sampler(settings, seed, corpus);

  Run run;
  run.variant = variant.name;
  run.seed = seed;
  RunNotes notes(settings, model, corpus, clip, run);
  SavedTraining saved(save_to, model, *optimizer, run);
  saved.resume();
  const auto start = std::chrono::steady_clock::now();
  const double seconds_before = run.seconds;
  for (int step = static_cast<int>(run.steps.size()); step < settings.steps; ++step) {
    const auto [inputs, targets] = sampler(step);
    optimizer->set_learning_rate(learning_rate(step));

    ebb::Tape<float> tape;
    notes.before_forward(step, tape);
    const auto loss = ebb::cross_entropy(model(inputs), targets);
    tape.backward(loss);

    nn::StepReport report;
    try {
      notes.before_update();
      report = optimizer->step();
    } catch (const ebb::Error& not_finite) {
      run.error = not_finite.what();
      break;
    }
    notes.after_update(loss.item(), report);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    run.seconds = seconds_before + passed.count();
    if (!on_step(run)) {
      saved.save();
      break;
    }
    saved.save_when_due();
  }
  run.finished = run.steps.size() == static_cast<std::size_t>(settings.steps);
  run.tokens_per_second = static_cast<double>(run.steps.size()) * settings.batch_size * settings.context / run.seconds;
  if (run.finished && seed == 1) run.attention = attention_maps(model, corpus, settings.context);
  return run;
}

}  // namespace vanishing_attention
