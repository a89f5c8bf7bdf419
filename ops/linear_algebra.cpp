#include "../autograd/kernels/linear_algebra.h"

#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "matrices.h"

namespace ebb EBB_PUBLIC {

namespace {

constexpr Formula triangular_solve_formula{
    "Y = A^-1 B, or A^-T B, for a triangle A",
    {"dA = the triangle of -dB Y^T, or of -Y dB^T", "dB = A^-T dY, or A^-1 dY"},
    "The gradient is solved for in turn, with the transpose: a small number on the diagonal makes it grow.",
};

/// True if the triangle is the upper one, and if A is transposed.
struct TriangularSolveAttributes {
  bool upper;
  bool transpose;
  static void visit(auto& self, auto&& field) { field("upper", self.upper), field("transpose", self.transpose); }
};

template <class T>
Array<T> triangular_solve_forward(Record<T>& r, Inputs<T> x) {
  const auto [upper, transpose] = r.attributes.template as<TriangularSolveAttributes>();
  const Shape &a = x[0].shape(), &b = x[1].shape();
  const Index n = a.extent(-1), count = batch_of(a).size();
  for (Index row = 0; row < count * n; ++row)
    if (x[0].data()[row * n + row % n] == 0)
      throw Error(fmt::format("a has a 0 on its diagonal, in {}", place_text("row", a, row)));
  r.save(x[0]);
  r.save_output();
  Array<T> y = x[1].value();
  if (y.size() > 0) kernels::triangular_solve(count, n, b.extent(-1), upper, transpose, x[0].data(), y.mutable_data());
  return y;
}

template <class T>
void triangular_solve_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const auto [upper, transpose] = r.attributes.template as<TriangularSolveAttributes>();
  const Tensor<T>&a = r.saved[0], &x = r.output;
  const Tensor<T> db = triangular_solve(a, dy, {.upper = upper, .transpose = !transpose});
  if (d.needs(0)) {
    const Tensor<T> da = negated_left_adjoint(x, db, transpose);
    d.add(0, -(upper ? triu(da) : tril(da)));
  }
  if (d.needs(1)) d.add(1, db);
}

constexpr Formula cholesky_formula{
    "Y = L, lower triangular, with L L^T = (A + A^T) / 2",
    {"dA = (S + S^T) / 2, S = L^-T P L^-1, P = the lower triangle of L^T dY, its diagonal halved"},
    "The gradient is symmetric, and grows where A is nearly singular: it passes L^-1 twice.",
};

template <class T>
Array<T> cholesky_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  check_square(shape);
  Array<T> l(shape);
  if (l.size() > 0)
    if (const Index row = kernels::cholesky(batch_of(shape).size(), shape.extent(-1), x[0].data(), l.mutable_data());
        row >= 0)
      throw Error(
          fmt::format("a is not positive definite: what is left in {} is not above 0", place_text("row", shape, row)));
  r.save_output();
  return l;
}

template <class T>
void cholesky_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T>& l = r.output;
  const Index n = l.extent(-1);
  const Tensor<T> halved = tril(ones<T>({n, n})) - eye<T>(n) / 2;
  const Tensor<T> p = matmul(l, tril(dy), {.transpose_a = true}) * halved;
  const Tensor<T> left = triangular_solve(l, p, {.transpose = true});  // L^-T P
  const Tensor<T> s = triangular_solve(l, transpose(left), {.transpose = true});
  d.add(0, (s + transpose(s)) / 2);
}

}  // namespace

EBB_OP(triangular_solve, triangular_solve_forward<T>, triangular_solve_backward<T>, triangular_solve_formula,
       .attributes = default_attributes<TriangularSolveAttributes>)
EBB_OP(cholesky, cholesky_forward<T>, cholesky_backward<T>, cholesky_formula)

template <class T>
Tensor<T> triangular_solve(const Operand<T>& a, const Operand<T>& b, TriangularSolveOptions options,
                           SourceLocation at) {
  const auto [left, right] = of_one_batch("triangular_solve", a.tensor(at), b.tensor(at), at);
  return apply(Ops<T>::triangular_solve, {&left, &right}, TriangularSolveAttributes{options.upper, options.transpose},
               at);
}

template <class T>
Tensor<T> cholesky(const Operand<T>& a, SourceLocation at) {
  return apply(Ops<T>::cholesky, {&a}, {}, at);
}

// The product of L's diagonal is the root of the determinant.
template <class T>
Tensor<T> log_determinant(const Operand<T>& a, SourceLocation at) {
  const Tensor<T> l = cholesky(a, at);
  return multiply(2, sum(log(diagonal(l, 0, at), at), -1, {}, at), at);
}

#define EBB_INSTANTIATE(T)                                                                                           \
  template Tensor<T> triangular_solve(const Operand<T>&, const Operand<T>&, TriangularSolveOptions, SourceLocation); \
  template Tensor<T> cholesky(const Operand<T>&, SourceLocation);                                                    \
  template Tensor<T> log_determinant(const Operand<T>&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
