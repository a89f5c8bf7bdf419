#include "model.hpp"

namespace vanishing_attention {

namespace nn = ebb::nn;

namespace {

nn::TransformerBlockOptions block_options(const Settings& settings, const Recipe& recipe) {
  const Initialization initialization = parse_init(settings.init, settings.depth);
  return {.causal = true,
          .residual = recipe.residual,
          .norm = recipe.norm,
          .activation = nn::Activation::gelu_tanh,
          .init = initialization.init,
          .output_scale = initialization.output_scale};
}

}  // namespace

Model::Model(const Settings& settings, const Recipe& recipe, ebb::Index vocabulary, ebb::Generator& generator)
    : characters(vocabulary, settings.width, generator),
      positions(settings.context, settings.width, generator, nn::Init::normal(0.1)),
      head(settings.width, vocabulary, generator, {.init = parse_init(settings.init, settings.depth).init}) {
  for (int i = 0; i < settings.depth; ++i)
    blocks.emplace_back(settings.width, settings.heads, generator, block_options(settings, recipe));
  if (recipe.norm == nn::Norm::pre) norm.emplace(settings.width);
}

ebb::Tensor<float> Model::operator()(const ebb::IntArray& ids) const {
  auto x = call(*this, positions, call(*this, characters, ids));
  x = call(*this, blocks, x);
  ebb::announce(x);  // what leaves the last block
  if (norm) x = call(*this, *norm, x);
  return call(*this, head, x);
}

}  // namespace vanishing_attention
