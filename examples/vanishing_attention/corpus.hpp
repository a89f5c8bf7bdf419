#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "results.hpp"

namespace vanishing_attention {

/// A text as numbers: the characters that occur in it, and which of them stands where.
struct Corpus {
  std::string name;                     // for the report
  std::vector<std::string> characters;  // by number; as they are written, a byte's as "\x80" where it is no character
  std::vector<std::int32_t> train;      // nine tenths of each of ten stretches
  std::vector<std::int32_t> held_out;   // the last tenth of each, in order
};

/// Reads a file, or the licence texts that the system keeps if `path` is empty. Valid UTF-8 is taken by code point,
/// unless it has more than 1024 distinct ones; everything else by byte. Throws std::runtime_error, saying what to do,
/// for a file that is missing, unreadable or empty, or too short or too uniform to learn from with this context.
Corpus read_corpus(const std::string& path, int context);

/// The entropy of the held-out part under unigram and bigram counts of the train part, in bits per character. The
/// unigram counts are smoothed by adding one, the bigrams by interpolation with the unigrams (Witten & Bell 1991).
Baselines count_baselines(const Corpus& corpus);

}  // namespace vanishing_attention
