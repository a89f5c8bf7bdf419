#pragma once

#include <ebb/nn/clip.hpp>
#include <ebb/nn/transformer_block.hpp>
#include <string>
#include <vector>

namespace vanishing_attention {

/// One way to build the stack of blocks and to treat its gradients.
struct Variant {
  std::string name;         ///< As `--variants` takes it: "pre-norm".
  std::string description;  ///< "residual connections, and layer norm before each layer"
  std::string base = {};    ///< The variant that this one differs from by clipping alone ("bare"); empty if none.
  bool residual = false;
  ebb::nn::Norm norm = ebb::nn::Norm::none;
  ebb::nn::Clip clip = {};
};

/// Returns all variants of the experiment, in the order in which they are shown.
const std::vector<Variant>& all_variants();

/// Returns the variant of this name. Throws std::invalid_argument, which lists the known names, if there is none.
const Variant& find_variant(const std::string& name);

}  // namespace vanishing_attention
