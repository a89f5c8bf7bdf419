#include <algorithm>
#include <cmath>
#include <numbers>

#include "../autograd/kernels/equilibration.h"
#include "../autograd/kernels/lu.h"
#include "../autograd/op.hpp"
#include "../autograd/scope.hpp"
#include "all_ops.h"
#include "matrices.h"

namespace ebb EBB_PUBLIC {

namespace {

/// f of each determinant.
template <class T>
Array<T> of_determinants(const Tensor<T>& a, double (*f)(kernels::Scaled)) {
  check_square(a.shape());
  Array<T> y(batch_of(a.shape()));
  const std::vector<kernels::Scaled> all = kernels::determinants(y.size(), a.extent(-1), a.data());
  std::transform(all.begin(), all.end(), y.mutable_data(),
                 [f](kernels::Scaled determinant) { return static_cast<T>(f(determinant)); });
  return y;
}

double value_of(kernels::Scaled x) { return std::ldexp(x.fraction, x.exponent); }

double sign_of(kernels::Scaled x) { return x.fraction > 0 ? 1 : x.fraction < 0 ? -1 : x.fraction; }

double log_of(kernels::Scaled x) {
  const bool small = std::abs(x.fraction) < std::numbers::sqrt2 / 2;  // near 1 there is no sum, which would lose digits
  return std::log(std::abs(x.fraction) * (small ? 2 : 1)) + (x.exponent - (small ? 1 : 0)) * std::numbers::ln2;
}

/// One number for each matrix, as matrices of one element.
template <class T>
Tensor<T> for_matrices(const Tensor<T>& x) {
  return unsqueeze(unsqueeze(x, -1), -1);
}

/// The cofactors of A, which are det(A) A^-T where A is regular. Where it is not, they come from matrices nearby: for a
/// matrix S of rank k, det(A + t S) is a polynomial in t of degree k, so that its value at 0 is a weighted mean of
/// those at any k + 1 other places. That holds for every A while S stays, and thus for all derivatives.
template <class T>
Tensor<T> cofactors(const Tensor<T>& a) {
  const Shape &shape = a.shape(), batch = batch_of(shape);
  const Index n = shape.extent(-1);
  Array<T> rows(shape.with(-1, 1)), columns(shape.with(-2, 1)), cofactor(shape), shift(shape);
  const Index lacking = kernels::equilibrate<T>(
      batch.size(), n, a.data(),
      {rows.mutable_data(), columns.mutable_data(), cofactor.mutable_data(), shift.mutable_data()});
  const Tensor<T> b = a / Tensor<T>(rows) / Tensor<T>(columns);
  const auto regular = [](const Tensor<T>& x) { return for_matrices(determinant(x)) * transpose(inverse(x)); };
  if (lacking == 0) return regular(b) * Tensor<T>(cofactor);
  const Index count = (lacking / 2 + 1) * 2;  // an even number of Chebyshev's nodes has none at 0, and small weights
  const auto node = [count](Index i) {
    return std::cos(static_cast<double>(2 * i + 1) * std::numbers::pi / static_cast<double>(2 * count));
  };
  Tensor<T> sum;
  for (Index i = 0; i < count; ++i) {
    double weight = 1;
    for (Index j = 0; j < count; ++j)
      if (j != i) weight *= node(j) / (node(j) - node(i));
    const Tensor<T> term = weight * regular(b + node(i) * Tensor<T>(shift));
    sum = i == 0 ? term : sum + term;
  }
  return sum * Tensor<T>(cofactor);
}

constexpr Formula determinant_formula{
    "y = det(A)",
    {"dA = dy C, C = the cofactors of A: det(A) A^-T, if A is regular"},
    "Each element gets the determinant of what is left without its row and column: all is 0 where A lacks two ranks.",
};

template <class T>
Array<T> determinant_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return of_determinants(x[0], value_of);
}

template <class T>
void determinant_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0) && r.saved[0].size() > 0) d.add(0, for_matrices(dy) * cofactors(r.saved[0]));
}

constexpr Formula log_abs_determinant_formula{
    "y = log(|det(A)|)",
    {"dA = dy A^-T"},
    "The gradient is the inverse, transposed: it grows where A is nearly singular, which a loss may want to prevent.",
};

template <class T>
Array<T> log_abs_determinant_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  return of_determinants(x[0], log_of);
}

template <class T>
void log_abs_determinant_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, for_matrices(dy) * transpose(inverse(r.saved[0])));
}

}  // namespace

EBB_OP(determinant, determinant_forward<T>, determinant_backward<T>, determinant_formula)
EBB_OP(log_abs_determinant, log_abs_determinant_forward<T>, log_abs_determinant_backward<T>,
       log_abs_determinant_formula)

template <class T>
Tensor<T> determinant(const Operand<T>& a, SourceLocation at) {
  return apply(Ops<T>::determinant, {&a}, {}, at);
}

template <class T>
Tensor<T> log_abs_determinant(const Operand<T>& a, SourceLocation at) {
  return apply(Ops<T>::log_abs_determinant, {&a}, {}, at);
}

template <class T>
Tensor<T> determinant_sign(const Operand<T>& a, SourceLocation at) {
  const NoRecording off;
  const Tensor<T> from = a.tensor(at);
  return named("determinant_sign", at, [&] { return of_determinants(from, sign_of); });
}

#define EBB_INSTANTIATE(T)                                                   \
  template Tensor<T> determinant(const Operand<T>&, SourceLocation);         \
  template Tensor<T> log_abs_determinant(const Operand<T>&, SourceLocation); \
  template Tensor<T> determinant_sign(const Operand<T>&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
