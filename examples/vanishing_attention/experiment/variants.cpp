#include "variants.hpp"

#include "find_by_name.hpp"

namespace vanishing_attention {

namespace nn = ebb::nn;

const std::vector<Variant>& all_variants() {
  // With the default settings, each clipping threshold is exceeded in more than half of the steps; a claim checks this.
  static const std::vector<Variant> variants{
      {.name = "bare", .description = "attention and feed-forward layers alone, one after the other"},
      {.name = "residual", .description = "each layer's input added to its result", .residual = true},
      {.name = "norm", .description = "layer norm before each layer, no residual connections", .norm = nn::Norm::pre},
      {.name = "pre-norm",
       .description = "residual connections, and layer norm before each layer",
       .residual = true,
       .norm = nn::Norm::pre},
      {.name = "post-norm",
       .description = "residual connections, and layer norm after each sum",
       .residual = true,
       .norm = nn::Norm::post},
      {.name = "bare+clip-norm",
       .description = "the bare stack, gradients clipped by norm at 0.05",
       .base = "bare",
       .clip = nn::clip_by_norm(0.05)},
      {.name = "bare+clip-value",
       .description = "the bare stack, gradients clipped by value at 0.005",
       .base = "bare",
       .clip = nn::clip_by_value(0.005)},
      {.name = "residual+clip-norm",
       .description = "residual connections, gradients clipped by norm at 0.5",
       .base = "residual",
       .residual = true,
       .clip = nn::clip_by_norm(0.5)},
      {.name = "residual+clip-value",
       .description = "residual connections, gradients clipped by value at 0.02",
       .base = "residual",
       .residual = true,
       .clip = nn::clip_by_value(0.02)},
  };
  return variants;
}

const Variant& find_variant(const std::string& name) {
  return find_by_name("variant", all_variants(), name, &Variant::name);
}

}  // namespace vanishing_attention
