#include "../autograd/kernels/normalization.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../autograd/base/error.hpp"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

// Inputs: x, and for an affine op the gain, and for layer norm then the bias.

/// The small number that is added to the mean square, so that no row is divided by 0.
struct NormAttributes {
  double epsilon;
  static void visit(auto& self, auto&& field) { field("epsilon", self.epsilon); }
};

constexpr bool centred = true, uncentred = false;

template <class T>
void check_vector(const char* what, const Tensor<T>& vector, Index width) {
  if (!(vector.shape() == Shape{width}))
    throw Error(fmt::format("the {} must have shape [{}], one number for each along the last axis, not {}", what, width,
                            to_string(vector.shape())));
}

template <class T>
Tensor<T> row_mean(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) {
  return mean(x, -1, {.keep = true}, at);
}

/// A power of two for each row, as a constant, by which all is near 1: so no square overflows or vanishes.
template <class T>
Tensor<T> units_of_rows(const Tensor<T>& deviation, double epsilon) {
  constexpr int most = std::numeric_limits<T>::max_exponent - 1;
  const Index width = deviation.extent(-1);
  Array<T> units(deviation.shape().with(-1, 1));
  for (Index row = 0; row < units.size(); ++row) {
    double largest = std::sqrt(epsilon);
    for (Index i = 0; i < width; ++i)
      largest = std::fmax(largest, std::fabs(static_cast<double>(deviation.data()[row * width + i])));
    const bool usual = largest > 0 && std::isfinite(largest);
    units.mutable_data()[row] = static_cast<T>(usual ? std::scalbn(1.0, std::min(-std::ilogb(largest), most)) : 1);
  }
  return units;
}

/// n and 1 / s of the formulas below, made of ops: the text to learn from, and what derivatives of derivatives go
/// through.
template <class T>
struct Normalized {
  Tensor<T> n, inverse;
};

template <class T>
Normalized<T> normalized(const Tensor<T>& x, bool centre, double epsilon,
                         SourceLocation at = SourceLocation::current()) {
  Tensor<T> deviation = x;
  if (centre) deviation = subtract(deviation, row_mean(deviation, at), at);
  // The mean, rounded, may be off by more than the elements are apart: it is taken off twice.
  if (centre) deviation = subtract(deviation, row_mean(deviation, at), at);
  const Tensor<T> units = units_of_rows(deviation, epsilon);
  const Tensor<T> in_units = multiply(deviation, units, at), rest = static_cast<T>(epsilon) * units * units;
  const Tensor<T> inverse = rsqrt(add(row_mean(square(in_units, at), at), rest, at), at);
  return {multiply(in_units, inverse, at), multiply(inverse, units, at)};
}

bool is_epsilon(double epsilon) { return epsilon >= 0 && std::isfinite(epsilon); }

/// Returns true if epsilon is one, and the gain and bias, if any, are vectors along the last axis of x. If not, the
/// fused op says what is wrong.
template <class T>
bool fit(const Operand<T>& x, std::initializer_list<const Operand<T>*> vectors, double epsilon) {
  const Shape& shape = x.shape();
  if (!is_epsilon(epsilon)) return false;
  if (shape.rank() == 0 || shape.extent(-1) == 0) return false;
  for (const Operand<T>* vector : vectors)
    if (!(vector->shape() == Shape{shape.extent(-1)})) return false;
  return true;
}

/// y, with what the derivative needs saved and cached: the inputs; the scales of the rows.
template <class T>
Array<T> normalize_forward(Record<T>& r, Inputs<T> x, bool centre) {
  const Shape& shape = x[0].shape();
  if (shape.rank() == 0 || shape.extent(-1) == 0)
    throw Error(fmt::format("there is nothing to normalise along the last axis of shape {}", to_string(shape)));
  const double epsilon = r.attributes.template as<NormAttributes>().epsilon;
  if (!is_epsilon(epsilon))
    throw Error(fmt::format("epsilon must be a finite number of at least 0, not {} (the axis is always the last one)",
                            epsilon));
  const Index width = shape.extent(-1), rows = shape.size() / width;
  const T *gain = nullptr, *bias = nullptr;
  r.save(x[0]);
  if (x.size() > 1) {
    check_vector("gain", x[1], width);
    gain = x[1].data();
    r.save(x[1]);
  }
  if (x.size() > 2) {
    check_vector("bias", x[2], width);
    bias = x[2].data();
    r.save(x[2]);
  }
  Array<T> y(shape), scales(Shape{rows, 3});
  kernels::normalize(rows, width, centre, epsilon, x[0].data(), gain, bias, scales.mutable_data(), y.mutable_data());
  r.cache(scales);
  return y;
}

template <class T>
void normalize_backward_fused(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d, bool centre) {
  const Array<T>&x = r.saved[0].value(), &scales = r.cached[0];
  const bool affine = r.saved.size() > 1;
  std::array<Array<T>, 3> result;  // of the inputs whose adjoints are asked for
  std::array<T*, 3> to{};
  for (std::size_t input = 0; input < r.inputs.size(); ++input)
    if (d.needs(input)) {
      result[input] = Array<T>(d.shape(input));
      to[input] = result[input].mutable_data();
    }
  kernels::normalize_derivative<T>({scales.extent(0), x.extent(-1), centre, x.data(),
                                    affine ? r.saved[1].data() : nullptr, scales.data(), dy.data()},
                                   to[0], to[1], to[2]);
  for (std::size_t input = 0; input < r.inputs.size(); ++input)
    if (to[input] != nullptr) d.add(input, result[input]);
}

constexpr Formula layer_norm_formula{
    "y = gain n + bias (or n alone), n = (x - mean(x)) / s, s = sqrt(variance(x) + epsilon), along the last axis",
    {"dx = (g - mean(g) - n mean(g n)) / s, g = dy gain (or dy alone)", "dgain = dy n, summed over the rows",
     "dbias = dy, summed over the rows"},
    "The gradient loses its mean and its part along n and is divided by s, so that small activations make it grow and "
    "large ones make it fade, which evens out layers of different scale.",
};

template <class T>
Array<T> layer_norm_forward(Record<T>& r, Inputs<T> x) {
  return normalize_forward(r, x, centred);
}

template <class T>
void layer_norm_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.create_graph()) return normalize_backward_fused(r, dy, d, centred);

  const bool affine = r.saved.size() > 1;
  const auto [n, inverse] = normalized(r.saved[0], centred, r.attributes.template as<NormAttributes>().epsilon);
  if (d.needs(0)) {
    const Tensor<T> g = affine ? dy * r.saved[1] : dy;
    d.add(0, inverse * (g - row_mean(g) - n * row_mean(g * n)));
  }
  if (affine && d.needs(1)) d.add(1, sum_to(dy * n, d.shape(1)));
  if (affine && d.needs(2)) d.add(2, sum_to(dy, d.shape(2)));
}

constexpr Formula rms_norm_formula{
    "y = gain n, n = x / s, s = sqrt(mean(x^2) + epsilon), along the last axis",
    {"dx = (g - n mean(g n)) / s, g = dy gain", "dgain = dy n, summed over the rows"},
    "What would only make x longer is taken out of the gradient, and the rest is divided by s, the size of x.",
};

template <class T>
Array<T> rms_norm_forward(Record<T>& r, Inputs<T> x) {
  return normalize_forward(r, x, uncentred);
}

template <class T>
void rms_norm_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.create_graph()) return normalize_backward_fused(r, dy, d, uncentred);

  const auto [n, inverse] = normalized(r.saved[0], uncentred, r.attributes.template as<NormAttributes>().epsilon);
  if (d.needs(0)) {
    const Tensor<T> g = dy * r.saved[1];
    d.add(0, inverse * (g - n * row_mean(g * n)));
  }
  if (d.needs(1)) d.add(1, sum_to(dy * n, d.shape(1)));
}

}  // namespace

EBB_OP(layer_norm, layer_norm_forward<T>, layer_norm_backward<T>, layer_norm_formula, .recomputed = true,
       .attributes = default_attributes<NormAttributes>)
EBB_OP(rms_norm, rms_norm_forward<T>, rms_norm_backward<T>, rms_norm_formula, .recomputed = true,
       .attributes = default_attributes<NormAttributes>)

template <class T>
Tensor<T> layer_norm(const Operand<T>& x, const Operand<T>& gain, const Operand<T>& bias, double epsilon,
                     SourceLocation at) {
  if (!fused_operations() && fit<T>(x, {&gain, &bias}, epsilon))
    return add(multiply(normalized(x.tensor(at), centred, epsilon, at).n, gain, at), bias, at);
  return apply(Ops<T>::layer_norm, {&x, &gain, &bias}, NormAttributes{epsilon}, at);
}

template <class T>
Tensor<T> layer_norm(const Operand<T>& x, double epsilon, SourceLocation at) {
  if (!fused_operations() && fit<T>(x, {}, epsilon)) return normalized(x.tensor(at), centred, epsilon, at).n;
  return apply(Ops<T>::layer_norm, {&x}, NormAttributes{epsilon}, at);
}

template <class T>
Tensor<T> rms_norm(const Operand<T>& x, const Operand<T>& gain, double epsilon, SourceLocation at) {
  if (!fused_operations() && fit<T>(x, {&gain}, epsilon))
    return multiply(normalized(x.tensor(at), uncentred, epsilon, at).n, gain, at);
  return apply(Ops<T>::rms_norm, {&x, &gain}, NormAttributes{epsilon}, at);
}

#define EBB_INSTANTIATE(T)                                                                                        \
  template Tensor<T> layer_norm(const Operand<T>&, const Operand<T>&, const Operand<T>&, double, SourceLocation); \
  template Tensor<T> layer_norm(const Operand<T>&, double, SourceLocation);                                       \
  template Tensor<T> rms_norm(const Operand<T>&, const Operand<T>&, double, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
