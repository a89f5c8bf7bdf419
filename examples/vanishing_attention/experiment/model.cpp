#include "model.hpp"

namespace vanishing_attention {

namespace nn = ebb::nn;

namespace {

nn::TransformerBlockOptions block_options(const Settings& settings, const Variant& variant) {
  const Initialization initialization = parse_init(settings.init, settings.depth);
  return {.causal = true,
          .residual = variant.residual,
          .norm = variant.norm,
          .activation = nn::Activation::gelu_tanh,
          .init = initialization.init,
          .output_scale = initialization.output_scale};
}

}  // namespace

Model::Model(const Settings& settings, const Variant& variant, ebb::Index vocabulary, ebb::Generator& generator)
    : characters(vocabulary, settings.width, generator),
      positions(settings.context, settings.width, generator, nn::Init::normal(0.1)),
      head(settings.width, vocabulary, generator, {.init = parse_init(settings.init, settings.depth).init}) {
  for (int i = 0; i < settings.depth; ++i)
    blocks.emplace_back(settings.width, settings.heads, generator, block_options(settings, variant));
  if (variant.norm == nn::Norm::pre) norm.emplace(settings.width);
}

ebb::Tensor<float> Model::operator()(const ebb::IntArray& ids) const {
  auto x = call(*this, positions, call(*this, characters, ids));
  x = call(*this, blocks, x);
  ebb::announce(x);  // so that the output of the last block is observed like the inputs of the blocks
  if (norm) x = call(*this, *norm, x);
  return call(*this, head, x);
}

std::size_t parameter_count(const Settings& settings, const Variant& variant, ebb::Index vocabulary) {
  ebb::Generator generator(1);
  return static_cast<std::size_t>(nn::parameters(Model(settings, variant, vocabulary, generator)).count());
}

}  // namespace vanishing_attention
