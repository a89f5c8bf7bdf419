// Gradients sample by sample, for clipping each (as differential privacy asks) or finding the samples that matter. Each
// sample gets a weight of its own, by `expand`; the gradient at these copies is what each sample would give alone.

#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

using Tensor = ebb::Tensor<double>;
constexpr ebb::Index samples = 6, in = 4, out = 3;

}  // namespace

int main() {
  ebb::Generator random(1);
  const ebb::nn::Linear<double> layer(in, out, random, {.bias = false});
  const Tensor x = ebb::normal<double>({samples, in}, random.next());
  const ebb::IntArray labels = ebb::uniform_integers({samples}, random.next(), 0, out);

  ebb::Tape<double> tape;
  const Tensor copies = expand(layer.weight, {samples, in, out});
  const Tensor logits = squeeze(matmul(unsqueeze(x, 1), copies), 1);  // [samples, 1, in] x [samples, in, out]
  const Tensor losses = cross_entropy(logits, labels, {.reduction = ebb::Reduction::none});
  const Tensor each = grad(sum(losses), copies);  // [samples, in, out], in one walk

  for (ebb::Index i = 0; i < samples; ++i) {
    ebb::Tape<double> own;
    const Tensor loss = cross_entropy(layer(slice(x, 0, {i, i + 1})), slice(labels, 0, {i, i + 1}));
    claim(norm(grad(loss, layer.weight) - select(each, 0, i)).item() < 1e-14, "it is the gradient of one sample alone");
  }

  // No sample weighs more than 0.5 in the mean.
  const Tensor lengths = norm(each, {1, 2}, {.keep = true});
  const Tensor clipped = each * minimum(0.5 / lengths, 1);
  ebb::Parameter<double> weight = layer.weight.shared();
  weight.set_gradient(mean(clipped, 0));
  claim(max(norm(clipped, {1, 2})).item() < 0.5 + 1e-12, "clipped one by one, none is longer than 0.5");
  claim(max(lengths).item() > 0.5, "which some were before");
}
