#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/key.hpp"
#include "../autograd/tensor.hpp"

// The choice of the next token from a model's logits. These take values, and record nothing.
namespace ebb {
namespace nn EBB_PUBLIC {

struct SamplingOptions {
  double temperature = 1;  ///< Divides the logits: below 1 the likely become likelier; near 0 it is argmax.
  Index top_k = 0;         ///< Only the k likeliest classes are drawn from; 0 for all.
  double top_p = 1;  ///< Only the likeliest that together have this probability (Holtzman et al. 2020, "nucleus").
};

/// Draws a class for each row of logits [..., classes], with the probabilities softmax(logits / temperature), as far as
/// the options leave them: [...]. The same key draws the same. Throws Error for logits without a largest finite one,
/// and for options that cannot be. For the likeliest class: argmax(logits).
template <class T>
IntArray sample(const Tensor<T>& logits, Key key, SamplingOptions options = {});

/// A sequence that a beam search ends with.
struct Beam {
  std::vector<std::int32_t> tokens;  ///< Those behind the start.
  double log_probability = 0;        ///< Of these tokens, after the start.
};

struct BeamSearchOptions {
  Index beams = 4;                       ///< Sequences that are kept at a time.
  Index length = 1;                      ///< Tokens at most.
  std::optional<std::int32_t> end = {};  ///< The token that ends a sequence, which it is part of.
  double length_penalty = 0;             ///< Compares sequences by log probability / length^penalty (Wu et al. 2016).
};

/// The most probable sequences of tokens that are found when the best so many are kept at each length, the best first.
/// `logits` gives the model's logits [beams, classes] for the token after each of the sequences [beams, length] so far,
/// which all begin with `start` [length]. Throws Error for options that cannot be.
template <class T>
std::vector<Beam> beam_search(const std::function<Tensor<T>(const IntArray& sequences)>& logits, const IntArray& start,
                              BeamSearchOptions options);

}  // namespace nn
}  // namespace ebb
