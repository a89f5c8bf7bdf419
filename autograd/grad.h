#pragma once

#include <vector>

#include "grad.hpp"

namespace ebb {

/// The gradient of the sum of v_i . y_i with respect to each x, by one walk; zeros where no y_i depends on it. Each y_i
/// stands on one tape with the others, or is a constant.
template <class T>
std::vector<Tensor<T>> gradients_of_all(const std::vector<Tensor<T>>& y, const std::vector<Tensor<T>>& v,
                                        const Targets<T>& x);

}  // namespace ebb
