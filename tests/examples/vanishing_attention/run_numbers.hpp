#pragma once

#include <bit>
#include <experiment/results.hpp>
#include <report/files.hpp>
#include <string>
#include <vector>

namespace ebb_test {

/// All numbers of these runs but the time that they took, with every digit.
inline std::string numbers(std::vector<vanishing_attention::Run> runs) {
  vanishing_attention::Results results;
  results.runs = std::move(runs);
  std::string all = metrics_csv(results) + gradients_csv(results);
  for (const vanishing_attention::Run& run : results.runs) {
    for (const vanishing_attention::AttentionMap& map : run.attention)
      for (float weight : map.weights) all += std::to_string(std::bit_cast<std::uint32_t>(weight)) + " ";
    for (const vanishing_attention::ClippingEffect& e : run.clipping)
      for (double x : {e.ratio_change, e.largest_growth, e.cosine})
        all += std::to_string(std::bit_cast<std::uint64_t>(x)) + " ";
  }
  return all;
}

}  // namespace ebb_test
