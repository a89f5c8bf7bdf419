#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/visibility.hpp"
#include "tensor.hpp"

namespace ebb EBB_PUBLIC {

/// A function of tensors, as `gradcheck` takes it. It must compute the same thing each time.
using Function = std::function<Tensor<double>(const std::vector<Tensor<double>>&)>;

struct GradcheckOptions {
  int order = 2;            ///< 1: the derivative; 2: that of the derivative as well.
  double step = 1e-6;       ///< Of the central differences, relative to inputs of size one.
  double tolerance = 1e-6;  ///< Relative to the size of the compared directional derivatives (at least one).
  int projections = 2;      ///< Random pairs of a direction of the inputs and a cotangent of the result.
  std::uint64_t seed = 1;
};

struct GradcheckReport {
  bool passed = true;
  /// Says what failed, where, by how much: the order, the input, its worst element, the derivative and the difference
  /// quotient.
  std::string message;
  explicit operator bool() const { return passed; }
};

/// Checks the derivatives of `f` at `inputs` against central differences, in double. For random directions v and
/// cotangents u, <u, (f(x + hv) - f(x - hv)) / 2h> must equal <vjp(u), v>; only if it does not, an element-wise pass
/// finds the worst element. The derivative that a plain walk computes must also equal the one that `create_graph`
/// records. For the second order, the same is asked of (x, u) -> vjp(u). Throws what `f` throws.
GradcheckReport gradcheck(const Function& f, const std::vector<Tensor<double>>& inputs, GradcheckOptions options = {});

/// The number of calls of gradcheck that this process has made.
int gradchecks_run();

}  // namespace ebb
