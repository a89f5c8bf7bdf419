#pragma once

#include <optional>

#include "normalization.hpp"

// What the blocks of a transformer are put together from, besides attention and feed-forward networks.
namespace ebb {
namespace nn EBB_PUBLIC {

enum class NormKind { layer_norm, rms_norm };

/// The norm at one place of a block, of either kind.
template <class T = float>
struct BlockNorm {
  BlockNorm(NormKind kind, Index width);
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const {
    if (layer_norm) layer_norm->visit(field);
    if (rms_norm) rms_norm->visit(field);
  }

  std::optional<LayerNorm<T>> layer_norm;
  std::optional<RMSNorm<T>> rms_norm;
};

/// How a block adds a branch to its input: skip x + branch scale f(x).
struct ResidualScaling {
  double skip = 1;    ///< deep_norm_skip(layers) in DeepNorm, with post-norm (Wang et al. 2022, "DeepNet"). Counts only
                      ///< where there is a residual sum.
  double branch = 1;  ///< 1 / sqrt(layers), so that the sum does not grow with depth.
  std::optional<double> layer_scale = {};  ///< A learned scale for each feature, with this start, from 0.1 in shallow
                                           ///< to 1e-6 in deep stacks (Touvron et al. 2021, "Going deeper").
  bool rezero = false;  ///< One learned scale for each branch, which starts at 0 (Bachlechner et al. 2020, "ReZero").
};

/// The learned scale of a branch; undefined if there is none. Throws Error for one that is not finite.
template <class T>
Parameter<T> branch_scale(const ResidualScaling& scaling, Index width);

/// The factor of the skipped input in DeepNorm, (2 layers)^(1/4), of a stack of TransformerBlocks with Norm::post; an
/// encoder and a decoder together take other factors. Throws Error unless layers > 0, as those below do.
double deep_norm_skip(Index layers);
/// The scale of the initial value, output and feed-forward weights in DeepNorm, (8 layers)^(-1/4).
double deep_norm_scale(Index layers);
/// The scale of the same weights in a stack of encoder blocks without norms or warm-up, 0.67 layers^(-1/4) (Huang et
/// al. 2020, "T-Fixup").
double t_fixup_scale(Index layers);

extern template struct BlockNorm<float>;
extern template struct BlockNorm<double>;

}  // namespace nn
}  // namespace ebb
