// Losses to measure: weights for rare classes, smoothed labels, the loss of each row instead of their mean, and a loss
// of one's own, composed of operations. The numbers are those of the formulas.

#include <cmath>
#include <ebb/ebb.hpp>

#include "claim.hpp"

using Tensor = ebb::Tensor<double>;

namespace {

/// Focal loss (Lin et al. 2017), -(1 - p)^2 log p of the label's probability p: what is easy counts less.
Tensor focal_loss(const Tensor& logits, const ebb::IntArray& labels) {
  const Tensor surprise = cross_entropy(logits, labels, {.reduction = ebb::Reduction::none});  // -log p
  return mean(square(1 - exp(-surprise)) * surprise);
}

bool near(const Tensor& x, double expected) { return std::abs(x.item() - expected) < 1e-12; }

}  // namespace

int main() {
  // Probabilities 1/4, 1/2, 1/4 in the first row, 0.8, 0.1, 0.1 in the second.
  const Tensor logits = log(Tensor{{0.25, 0.5, 0.25}, {0.8, 0.1, 0.1}});
  const ebb::IntArray labels = {1, 0};

  const Tensor each = cross_entropy(logits, labels, {.reduction = ebb::Reduction::none});
  claim(near(select(each, 0, 0), std::log(2)) && near(select(each, 0, 1), -std::log(0.8)),
        "each row has a loss, -log p");

  // Class 1 is rare, and counts nine times. The mean is over the weights.
  const Tensor weighted = cross_entropy(logits, labels, {.class_weights = {1, 9, 1}});
  claim(near(weighted, (9 * std::log(2) - std::log(0.8)) / 10), "a rare class can be given weight");

  const Tensor smoothed = cross_entropy(slice(logits, 0, {0, 1}), {1}, {.label_smoothing = 0.3});
  claim(near(smoothed, 0.8 * std::log(2) + 0.2 * std::log(4)), "smoothed, the other classes get a tenth each");

  // A row that does not count, such as padding, has a label of its own.
  const Tensor ignoring = cross_entropy(logits, {1, -1}, {.ignored_label = -1});
  claim(near(ignoring, std::log(2)), "an ignored row counts neither above nor below the line");

  // Each loss by a weight of its own: reduce it yourself.
  claim(near(sum(each * Tensor({2}, {0, 3})), -3 * std::log(0.8)), "rows can be weighted one by one");

  claim(near(focal_loss(logits, labels), (0.25 * std::log(2) - 0.04 * std::log(0.8)) / 2),
        "the focal loss is its formula");
  const auto f = [&](const std::vector<Tensor>& x) { return focal_loss(x[0], labels); };
  claim(ebb::gradcheck(f, {logits}).passed, "composed of operations, it needs no derivative of its own");
}
