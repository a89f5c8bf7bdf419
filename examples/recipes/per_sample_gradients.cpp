// Gradients sample by sample, for clipping each (as differential privacy asks) or finding the samples that matter, by
// one call. For a single weight there is a quicker way: each sample gets a copy of it, by `expand`, and the gradient at
// these copies is what each sample would give alone.

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

  const auto one_by_one = ebb::per_sample_gradients(samples, ebb::nn::parameters(layer), [&](ebb::Index i) {
    return cross_entropy(layer(slice(x, 0, {i, i + 1})), slice(labels, 0, {i, i + 1}));
  });
  claim(max(abs(one_by_one[0] - each)).item() < 1e-14, "both are the gradients of one sample alone");

  // No sample weighs more than 0.5 in the mean.
  const Tensor lengths = norm(each, {1, 2}, {.keep = true});
  const Tensor clipped = each * minimum(0.5 / lengths, 1);
  ebb::Parameter<double> weight = layer.weight.shared();
  weight.set_gradient(mean(clipped, 0));
  claim(max(norm(clipped, {1, 2})).item() < 0.5 + 1e-12, "clipped one by one, none is longer than 0.5");
  claim(max(lengths).item() > 0.5, "which some were before");
}
