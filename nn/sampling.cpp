#include "sampling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "../autograd/base/error.hpp"
#include "../ops/ops.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

void check(const SamplingOptions& options) {
  if (!(options.temperature > 0) || std::isinf(options.temperature))
    throw Error(
        fmt::format("sample(): the temperature must be greater than 0, not {}; for the likeliest class: "
                    "argmax(logits)",
                    options.temperature));
  if (options.top_k < 0) throw Error(fmt::format("sample(): top_k cannot be {}", options.top_k));
  if (!(options.top_p > 0 && options.top_p <= 1))
    throw Error(fmt::format("sample(): top_p must be greater than 0 and at most 1, not {}", options.top_p));
}

/// The classes that the options leave, and e^((logit - largest) / temperature) of each.
struct Candidates {
  std::vector<std::int32_t> classes;
  std::vector<double> weights;
};

template <class T>
Candidates candidates(const T* logits, Index count, const SamplingOptions& options) {
  Candidates result;
  result.classes.resize(to_size(count));
  std::iota(result.classes.begin(), result.classes.end(), 0);
  const bool all = options.top_k == 0 && options.top_p == 1;
  if (!all)  // of equal logits the first comes first, so that the order is one and the same everywhere
    std::stable_sort(result.classes.begin(), result.classes.end(),
                     [&](std::int32_t a, std::int32_t b) { return logits[a] > logits[b]; });
  if (options.top_k > 0 && options.top_k < count) result.classes.resize(to_size(options.top_k));
  const double largest = *std::max_element(logits, logits + count);
  for (std::int32_t id : result.classes)
    result.weights.push_back(std::exp((double{logits[id]} - largest) / options.temperature));
  if (all) return result;
  const double total = std::accumulate(result.weights.begin(), result.weights.end(), 0.0);
  double sum = 0;
  std::size_t kept = 0;
  while (kept < result.weights.size() && sum < options.top_p * total) sum += result.weights[kept++];
  result.classes.resize(kept), result.weights.resize(kept);
  return result;
}

/// The class at this share, from 0 to 1, of the weights.
std::int32_t class_at(const Candidates& candidates, double share) {
  double rest = share * std::accumulate(candidates.weights.begin(), candidates.weights.end(), 0.0);
  for (std::size_t i = 0; i < candidates.weights.size(); ++i)
    if ((rest -= candidates.weights[i]) < 0) return candidates.classes[i];
  const auto likeliest = std::max_element(candidates.weights.begin(), candidates.weights.end());
  return candidates.classes[to_size(likeliest - candidates.weights.begin())];  // where rounding left nothing
}

/// By which sequences of so many tokens are compared.
double score(double log_probability, std::size_t tokens, double penalty) {
  return log_probability / std::pow(static_cast<double>(std::max(tokens, std::size_t{1})), penalty);
}

/// A sequence with one more token.
struct Extension {
  std::size_t beam;
  std::int32_t token;
  double log_probability;
};

/// The best extensions of the sequences, as many as the options say, the best first.
template <class T>
std::vector<Extension> best_extensions(const std::vector<Beam>& open, const Tensor<T>& next,
                                       const BeamSearchOptions& options) {
  std::vector<Extension> all;
  const Index classes = next.extent(1);
  for (std::size_t i = 0; i < open.size(); ++i)
    for (Index id = 0; id < classes; ++id) {
      const double log_probability = double{next.data()[static_cast<Index>(i) * classes + id]};
      if (std::isnan(log_probability)) throw Error("beam_search(): a logit is NaN");
      all.push_back({i, static_cast<std::int32_t>(id), open[i].log_probability + log_probability});
    }
  const auto count = std::min(options.beams, static_cast<Index>(all.size()));
  // All are of one length. Of equal ones the first comes first, so that the order is one and the same everywhere.
  std::partial_sort(all.begin(), all.begin() + count, all.end(), [](const Extension& a, const Extension& b) {
    return a.log_probability != b.log_probability ? a.log_probability > b.log_probability
           : a.beam != b.beam                     ? a.beam < b.beam
                                                  : a.token < b.token;
  });
  all.resize(to_size(count));
  return all;
}

/// [beams, start and tokens]
IntArray sequences_of(const std::vector<Beam>& beams, const IntArray& start) {
  const auto tokens = static_cast<Index>(beams[0].tokens.size());
  IntArray all(Shape{beams.size(), start.size() + tokens});
  std::int32_t* to = all.mutable_data();
  for (const Beam& beam : beams)
    to = std::copy(beam.tokens.begin(), beam.tokens.end(), std::copy_n(start.data(), start.size(), to));
  return all;
}

}  // namespace

template <class T>
IntArray sample(const Tensor<T>& logits, Key key, SamplingOptions options) {
  check(options);
  if (logits.rank() == 0 || logits.extent(-1) == 0)
    throw Error(fmt::format("sample(): logits must be [..., classes], and have shape {}", to_string(logits.shape())));
  const Index classes = logits.extent(-1);
  const T* row = logits.data();
  IntArray chosen(logits.shape().without(-1));
  const Tensor<double> shares = uniform<double>(chosen.shape(), key);
  std::int32_t* to = chosen.mutable_data();
  for (Index i = 0; i < chosen.size(); ++i, row += classes) {
    const bool has_nan = std::any_of(row, row + classes, [](T x) { return std::isnan(x); });
    if (has_nan || !std::isfinite(*std::max_element(row, row + classes)))
      throw Error(fmt::format("sample(): row {} of the logits has no largest finite one", i));
    to[i] = class_at(candidates(row, classes, options), shares.data()[i]);
  }
  return chosen;
}

template <class T>
std::vector<Beam> beam_search(const std::function<Tensor<T>(const IntArray& sequences)>& logits, const IntArray& start,
                              BeamSearchOptions options) {
  if (!std::isfinite(options.length_penalty))
    throw Error(fmt::format("beam_search(): the length penalty must be finite, not {}", options.length_penalty));
  if (options.beams < 1 || options.length < 1 || !start.defined() || start.rank() != 1)
    throw Error(fmt::format("beam_search(): it takes a beam, a token and a start with one axis, not {}, {} and {}",
                            options.beams, options.length, start.defined() ? to_string(start.shape()) : "none"));
  const NoRecording off;
  std::vector<Beam> open(1), ended;
  for (Index step = 0; step < options.length && !open.empty(); ++step) {
    const Tensor<T> next = log_softmax(logits(sequences_of(open, start)));
    if (next.rank() != 2 || next.extent(0) != static_cast<Index>(open.size()))
      throw Error(fmt::format("beam_search(): logits for {} sequences must be [{}, classes], and have shape {}",
                              open.size(), open.size(), to_string(next.shape())));
    std::vector<Beam> longer;
    for (const auto& [beam, token, log_probability] : best_extensions(open, next, options)) {
      Beam extended{open[beam].tokens, log_probability};
      extended.tokens.push_back(token);
      (options.end && token == *options.end ? ended : longer).push_back(std::move(extended));
    }
    open = std::move(longer);
  }
  ended.insert(ended.end(), open.begin(), open.end());
  std::stable_sort(ended.begin(), ended.end(), [&](const Beam& a, const Beam& b) {
    return score(a.log_probability, a.tokens.size(), options.length_penalty) >
           score(b.log_probability, b.tokens.size(), options.length_penalty);
  });
  if (static_cast<Index>(ended.size()) > options.beams) ended.resize(to_size(options.beams));
  return ended;
}

#define EBB_INSTANTIATE(T)                                                                                  \
  template IntArray sample(const Tensor<T>&, Key, SamplingOptions);                                         \
  template std::vector<Beam> beam_search(const std::function<Tensor<T>(const IntArray&)>&, const IntArray&, \
                                         BeamSearchOptions);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace nn
}  // namespace ebb
