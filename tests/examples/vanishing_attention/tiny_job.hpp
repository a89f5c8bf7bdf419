#pragma once

#include <experiment/corpus.hpp>
#include <experiment/results.hpp>

namespace ebb_test {

/// Settings for a run of a fraction of a second.
inline vanishing_attention::Settings tiny_settings() {
  vanishing_attention::Settings settings;
  settings.variants = {"bare", "pre-norm", "post-norm", "residual+clip-norm", "bare+clip-value"};
  settings.depth = 2, settings.width = 8, settings.heads = 2, settings.context = 6, settings.batch_size = 2;
  settings.steps = 12, settings.seeds = 2, settings.threads = 1;
  settings.quiet = true;
  return settings;
}

/// Five characters in an order that is hard to guess, without a file.
inline vanishing_attention::Corpus tiny_corpus() {
  vanishing_attention::Corpus corpus;
  corpus.name = "tiny";
  corpus.characters = {"a", "b", "c", "\n", "é"};
  std::vector<std::int32_t> train;
  for (std::int32_t i = 0; i < 300; ++i) (i < 250 ? train : corpus.held_out).push_back(i * i % 7 % 5);
  corpus.train = ebb::IntArray({250}, std::span<const std::int32_t>(train));
  return corpus;
}

}  // namespace ebb_test
