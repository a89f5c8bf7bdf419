#include <fmt/format.h>

#include <algorithm>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/lu.h"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "matrices.h"

namespace ebb EBB_PUBLIC {

namespace {

/// Replaces the right sides in x by the solutions.
template <class T>
void solve_in_place(const Tensor<T>& a, bool transpose, Array<T>& x) {
  if (x.size() == 0) return;
  const Shape& shape = a.shape();
  const Index singular =
      kernels::solve(batch_of(shape).size(), shape.extent(-1), x.extent(-1), transpose, a.data(), x.mutable_data());
  if (singular >= 0)
    throw Error(
        fmt::format("a is singular: all that is left for a pivot in {} is 0", place_text("column", shape, singular)));
}

constexpr Formula solve_formula{
    "Y = A^-1 B, or A^-T B",
    {"dA = -dB Y^T, or -Y dB^T", "dB = A^-T dY, or A^-1 dY"},
    "The gradient is solved for in turn, with the transpose: it grows where A is nearly singular.",
};

/// True if A is transposed.
struct SolveAttributes {
  bool transpose;
  static void visit(auto& self, auto&& field) { field("transpose", self.transpose); }
};

template <class T>
Array<T> solve_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  r.save_output();
  Array<T> y = x[1].value();
  solve_in_place(x[0], r.attributes.template as<SolveAttributes>().transpose, y);
  return y;
}

template <class T>
void solve_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const bool transpose = r.attributes.template as<SolveAttributes>().transpose;
  const Tensor<T>&a = r.saved[0], &y = r.output;
  const Tensor<T> db = solve(a, dy, {.transpose = !transpose});
  if (d.needs(0)) d.add(0, -negated_left_adjoint(y, db, transpose));
  if (d.needs(1)) d.add(1, db);
}

constexpr Formula inverse_formula{
    "Y = A^-1",
    {"dA = -Y^T dY Y^T"},
    "The gradient passes the inverse twice: it grows where A is nearly singular.",
};

template <class T>
Array<T> inverse_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  check_square(shape);
  r.save_output();
  Array<T> y(shape, T{0});
  if (y.size() == 0) return y;
  const Index n = shape.extent(-1), rows = y.size() / n;
  T* const to = y.mutable_data();
  for (Index row = 0; row < rows; ++row) to[row * n + row % n] = T{1};
  solve_in_place(x[0], false, y);
  return y;
}

template <class T>
void inverse_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>& y = r.output;
  if (d.needs(0)) d.add(0, -matmul(matmul(y, dy, {.transpose_a = true}), y, {.transpose_b = true}));
}

constexpr Formula lu_formula{
    "Y = U, and L below its diagonal, with L U = A, whose rows stay where they are",
    {"dA = L^-T S U^-T, S = what of L^T dL stands below the diagonal + what of dU U^T does not"},
    "The gradient grows where A is nearly singular: it passes U^-1.",
};

template <class T>
Array<T> lu_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  check_square(shape);
  r.save_output();
  Array<T> y(shape);
  if (y.size() > 0) kernels::unpivoted_lu(batch_of(shape).size(), shape.extent(-1), x[0].data(), y.mutable_data());
  return y;
}

/// The L that stands below the diagonal.
template <class T>
Tensor<T> unit_lower(const Tensor<T>& packed, SourceLocation at = SourceLocation::current()) {
  return add(tril(packed, -1, at), eye<T>(packed.extent(-1)), at);
}

template <class T>
void lu_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Tensor<T> l = unit_lower(r.output), u = triu(r.output);
  const Tensor<T> below = tril(matmul(l, tril(dy, -1), {.transpose_a = true}), -1);
  const Tensor<T> above = triu(matmul(triu(dy), u, {.transpose_b = true}));
  const Tensor<T> left = triangular_solve(l, below + above, {.transpose = true});  // L^-T S
  d.add(0, transpose(triangular_solve(u, transpose(left), {.upper = true})));
}

/// For each element the number of its row before the exchanges.
IntArray rows_in_order(const Shape& a, const IntArray& permutation) {
  IntArray rows(a);
  std::int32_t* to = rows.mutable_data();
  for (const std::int32_t row : permutation.values()) to = std::fill_n(to, a.extent(-1), row);
  return rows;
}

}  // namespace

EBB_OP(solve, solve_forward<T>, solve_backward<T>, solve_formula, .attributes = default_attributes<SolveAttributes>)
EBB_OP(inverse, inverse_forward<T>, inverse_backward<T>, inverse_formula)
EBB_OP(lu, lu_forward<T>, lu_backward<T>, lu_formula)

template <class T>
Tensor<T> solve(const Operand<T>& a, const Operand<T>& b, SolveOptions options, SourceLocation at) {
  const Tensor<T> left = a.tensor(at), right = b.tensor(at);
  const bool vectors = right.rank() == 1 || (left.rank() > 1 && right.shape() == left.shape().without(-1));
  const auto [all_a, all_b] = of_one_batch("solve", left, vectors ? unsqueeze(right, -1, at) : right, at);
  const Tensor<T> x = apply(Ops<T>::solve, {&all_a, &all_b}, SolveAttributes{options.transpose}, at);
  return vectors ? squeeze(x, {-1}, at) : x;
}

template <class T>
Tensor<T> inverse(const Operand<T>& a, SourceLocation at) {
  return apply(Ops<T>::inverse, {&a}, {}, at);
}

template <class T>
LU<T> lu(const Operand<T>& a, SourceLocation at) {
  const Tensor<T> from = a.tensor(at);
  const IntArray permutation = named("lu", at, [&] {
    check_square(from.shape());
    IntArray order(from.shape().without(-1));
    if (order.size() > 0)
      kernels::pivots(batch_of(from.shape()).size(), from.extent(-1), from.data(), order.mutable_data());
    return order;
  });
  const Tensor<T> rows = take_along_axis(from, rows_in_order(from.shape(), permutation), -2, at);
  const Tensor<T> packed = apply(Ops<T>::lu, {&rows}, {}, at);
  return {permutation, unit_lower(packed, at), triu(packed, 0, at)};
}

#define EBB_INSTANTIATE(T)                                                                      \
  template Tensor<T> solve(const Operand<T>&, const Operand<T>&, SolveOptions, SourceLocation); \
  template Tensor<T> inverse(const Operand<T>&, SourceLocation);                                \
  template LU<T> lu(const Operand<T>&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
