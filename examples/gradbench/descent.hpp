#pragma once

#include <functional>

#include "json_tensors.hpp"

namespace gradbench {

/// A function of one tensor, with one number as its value.
using Objective = std::function<Tensor(const Tensor& x)>;

/// The gradient of f at x. On the tape in scope, if there is one, so that it can be differentiated in turn: with
/// respect to x, and to whatever else on that tape f takes.
Tensor gradient_at(const Objective& f, const Tensor& x);

/// Where f is smallest, by gradient descent from x (Pearlmutter & Siskind 2008, "Using programming language theory to
/// make automatic differentiation sound and efficient"): the step is doubled after ten that went down, halved
/// after one that did not, and the search ends where the gradient or a step is 1e-5 long. It can be differentiated as
/// `gradient_at` can.
Tensor argmin(const Objective& f, Tensor x);
/// Where f is largest, by the same search.
Tensor argmax(const Objective& f, const Tensor& x);

}  // namespace gradbench
