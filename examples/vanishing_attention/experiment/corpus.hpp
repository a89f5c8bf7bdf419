#pragma once

#include <cstddef>
#include <cstdint>
#include <ebb/autograd/storage/array.hpp>
#include <string>
#include <vector>

#include "results.hpp"

namespace vanishing_attention {

/// A text as numbers: the distinct characters that occur in it, and the number of the character at each place.
struct Corpus {
  std::string name;                     ///< For the report.
  std::vector<std::string> characters;  ///< By number, as they are written; a byte that is no character as "\x80".
  ebb::IntArray train;                  ///< The first nine tenths of each of ten stretches of the text.
  std::vector<std::int32_t> held_out;   ///< The last tenth of each stretch, in order.
};

/// Reads a file, or the licence texts that the system keeps if `path` is empty. A file in valid UTF-8 is taken by code
/// point, unless it has more than 1024 distinct ones; every other file is taken by byte. Throws std::runtime_error,
/// which says what to do, for a file that is missing, unreadable, empty, or too short or too uniform to learn from with
/// this context.
Corpus read_corpus(const std::string& path, int context);

/// Returns a number that tells this text from others (FNV-1a of its characters).
std::uint64_t fingerprint(const Corpus& corpus);

/// Computes the unigram and the bigram entropy. Probabilities come from the counts in the train part: the unigram's
/// with one added to each count, the bigram's smoothed towards the unigram (Witten and Bell 1991).
Baselines count_baselines(const Corpus& corpus);

}  // namespace vanishing_attention
