#include "block_parts.hpp"

#include <fmt/format.h>

#include <cmath>

#include "../autograd/base/error.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

double checked(Index layers) {
  if (layers <= 0) throw Error(fmt::format("a scale for a stack needs its number of layers, not {}", layers));
  return static_cast<double>(layers);
}

}  // namespace

template <class T>
BlockNorm<T>::BlockNorm(NormKind kind, Index width) {
  if (kind == NormKind::layer_norm)
    layer_norm.emplace(width);
  else
    rms_norm.emplace(width);
}

template <class T>
Tensor<T> BlockNorm<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return layer_norm ? (*layer_norm)(x, at) : (*rms_norm)(x, at);
}

template <class T>
Parameter<T> branch_scale(const ResidualScaling& scaling, Index width) {
  for (const double factor : {scaling.skip, scaling.branch, scaling.layer_scale.value_or(0)})
    if (!std::isfinite(factor)) throw Error(fmt::format("ResidualScaling: a scale must be finite, not {}", factor));
  if (scaling.rezero && scaling.layer_scale)
    throw Error("ResidualScaling: rezero and layer_scale are two scales for one branch; choose one of them");
  if (scaling.rezero) return Parameter<T>(Array<T>({}, {T{0}}), "scale");
  if (scaling.layer_scale) return Parameter<T>(Array<T>(Shape{width}, static_cast<T>(*scaling.layer_scale)), "scale");
  return {};
}

double deep_norm_skip(Index layers) { return std::pow(2 * checked(layers), 0.25); }
double deep_norm_scale(Index layers) { return std::pow(8 * checked(layers), -0.25); }
double t_fixup_scale(Index layers) { return 0.67 * std::pow(checked(layers), -0.25); }

#define EBB_INSTANTIATE(T)      \
  template struct BlockNorm<T>; \
  template Parameter<T> branch_scale(const ResidualScaling&, Index);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace nn
}  // namespace ebb
