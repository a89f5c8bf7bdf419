#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/gemm.h"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "fusion.hpp"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

/// The shape of all but the last two axes.
Shape batch_of(const Shape& shape) {
  Shape batch;
  for (int axis = 0; axis < shape.rank() - 2; ++axis) batch.push_back(shape[axis]);
  return batch;
}

/// The first matrix of an operand, transposed if asked.
template <class T>
kernels::MatrixView<T> matrix(const Tensor<T>& x, bool transposed) {
  const Index columns = x.extent(-1);
  return transposed ? kernels::MatrixView<T>{x.data(), 1, columns} : kernels::MatrixView<T>{x.data(), columns, 1};
}

constexpr Formula matmul_formula{
    "Y = A B over the last two axes, A and B each transposed first if asked",
    {"dA = dY B^T, transposed back if A was", "dB = A^T dY, transposed back if B was"},
    "Each side's gradient passes through the other matrix, so that over many layers it grows or fades with their "
    "singular values (summed over the repeated axes of a batch that was broadcast).",
};

/// True for each side that is transposed first.
struct MatmulAttributes {
  bool transpose_a;
  bool transpose_b;
  static void visit(auto& self, auto&& field) {
    field("transpose_a", self.transpose_a), field("transpose_b", self.transpose_b);
  }
};

template <class T>
Array<T> matmul_forward(Record<T>& r, Inputs<T> x) {
  const Shape &a = x[0].shape(), &b = x[1].shape();
  const auto [ta, tb] = r.attributes.template as<MatmulAttributes>();
  if (a.rank() < 2 || b.rank() < 2)
    throw Error(
        fmt::format("both sides need at least two axes, but the shapes are {} and {}; use unsqueeze() on a vector",
                    to_string(a), to_string(b)));
  const Index m = a.extent(ta ? -1 : -2), k = a.extent(ta ? -2 : -1), n = b.extent(tb ? -2 : -1);
  if (k != b.extent(tb ? -1 : -2))
    throw Error(fmt::format("the inner extents differ: {}{} x {}{}", to_string(a), ta ? " (transposed)" : "",
                            to_string(b), tb ? " (transposed)" : ""));
  r.save(x[0]);
  r.save(x[1]);

  const Shape batch = broadcast_shape(batch_of(a), batch_of(b));
  Shape shape = batch;
  shape.push_back(m);
  shape.push_back(n);
  Array<T> y(shape);
  const auto left = matrix(x[0], ta), right = matrix(x[1], tb);
  if (b.size() == k * n && !ta && n > 0)  // the rows of all of A against the one B
    kernels::gemm<T>(y.size() / n, n, k, left, right, nullptr, y.mutable_data());
  else
    kernels::batched_gemm(batch, batch_of(a), batch_of(b), m, n, k, left, right, y.mutable_data());
  return y;
}

/// A^T dY, summed over the axes before the last two in one product: the gradient of a B that all of A shares.
template <class T>
Tensor<T> shared_b_adjoint(const Tensor<T>& a, const Tensor<T>& dy, bool transpose_b) {
  const Index count = batch_of(a.shape()).size() * a.extent(-2);
  const Tensor<T> rows = reshape(a, {count, a.extent(-1)}), d_rows = reshape(dy, {count, dy.extent(-1)});
  return transpose_b ? matmul(d_rows, rows, {.transpose_a = true}) : matmul(rows, d_rows, {.transpose_a = true});
}

template <class T>
void matmul_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>&a = r.saved[0], &b = r.saved[1];
  const auto [ta, tb] = r.attributes.template as<MatmulAttributes>();
  if (d.needs(0)) {
    const Tensor<T> da =
        ta ? matmul(b, dy, {.transpose_a = tb, .transpose_b = true}) : matmul(dy, b, {.transpose_b = !tb});
    d.add(0, sum_to(da, a.shape()));
  }
  if (d.needs(1)) {
    if (b.rank() == 2 && a.rank() > 2 && !ta) {
      d.add(1, shared_b_adjoint(a, dy, tb));
    } else {
      const Tensor<T> db =
          tb ? matmul(dy, a, {.transpose_a = true, .transpose_b = ta}) : matmul(a, dy, {.transpose_a = !ta});
      d.add(1, sum_to(db, b.shape()));
    }
  }
}

constexpr Formula linear_formula{
    "Y = X W + b, with a row for each place of the axes before the last",
    {"dX = dY W^T", "dW = X^T dY", "db = the sum of dY's rows"},
    "The way on leads through W^T, whose singular values decide whether the gradient grows or fades from layer to "
    "layer; weight and bias get theirs summed over all rows.",
};

template <class T>
Array<T> linear_forward(Record<T>& r, Inputs<T> x) {
  r.save(x[0]);
  r.save(x[1]);
  const Index in = x[1].extent(0), out = x[1].extent(1);
  Array<T> y(x[0].shape().with(-1, out));
  const Index rows = batch_of(y.shape()).size() * y.extent(-2);
  kernels::gemm(rows, out, in, matrix(x[0], false), matrix(x[1], false), x[2].data(), y.mutable_data());
  return y;
}

template <class T>
void linear_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>&x = r.saved[0], &weight = r.saved[1];
  if (d.needs(0)) d.add(0, matmul(dy, weight, {.transpose_b = true}));
  if (d.needs(1)) d.add(1, shared_b_adjoint(x, dy, false));
  if (d.needs(2)) d.add(2, sum_to(dy, d.shape(2)));
}

/// Returns true if these are the shapes of a layer. All others are left to matmul and add, which broadcast or refuse
/// them.
bool fit_layer(const Shape& x, const Shape& weight, const Shape& bias) {
  return x.rank() >= 2 && weight.rank() == 2 && x.extent(-1) == weight[0] && bias == Shape{weight[1]};
}

}  // namespace

EBB_OP(matmul, matmul_forward<T>, matmul_backward<T>, matmul_formula,
       .attributes = default_attributes<MatmulAttributes>)
EBB_OP(linear, linear_forward<T>, linear_backward<T>, linear_formula)

template <class T>
Tensor<T> matmul(const Operand<T>& a, const Operand<T>& b, MatmulOptions options, SourceLocation at) {
  return apply(Ops<T>::matmul, {&a, &b}, MatmulAttributes{options.transpose_a, options.transpose_b}, at);
}

template <class T>
Tensor<T> linear(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& bias, SourceLocation at) {
  if (fused_operations() && fit_layer(x.shape(), weight.shape(), bias.shape()))
    return apply(Ops<T>::linear, {&x, &weight, &bias}, {}, at);
  return add(matmul(x, weight, {}, at), bias, at);
}

template <class T>
Tensor<T> linear(const Operand<T>& x, const Operand<T>& weight, SourceLocation at) {
  return matmul(x, weight, {}, at);
}

template <class T>
Tensor<T> dot(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  const Tensor<T> left = a.tensor(at), right = b.tensor(at);
  if (left.rank() != 1 || !(left.shape() == right.shape()))
    throw error_in("dot",
                   fmt::format("the shapes are {} and {}, not those of two vectors of one length",
                               to_string(left.shape()), to_string(right.shape())),
                   at);
  return sum(multiply(left, right, at), at);
}

template <class T>
Tensor<T> outer(const Operand<T>& a, const Operand<T>& b, SourceLocation at) {
  const Tensor<T> left = a.tensor(at), right = b.tensor(at);
  if (left.rank() != 1 || right.rank() != 1)
    throw error_in("outer",
                   fmt::format("the shapes are {} and {}, not those of two vectors", to_string(left.shape()),
                               to_string(right.shape())),
                   at);
  return multiply(unsqueeze(left, 1, at), right, at);
}

#define EBB_INSTANTIATE(T)                                                                            \
  template Tensor<T> matmul(const Operand<T>&, const Operand<T>&, MatmulOptions, SourceLocation);     \
  template Tensor<T> linear(const Operand<T>&, const Operand<T>&, const Operand<T>&, SourceLocation); \
  template Tensor<T> linear(const Operand<T>&, const Operand<T>&, SourceLocation);                    \
  template Tensor<T> dot(const Operand<T>&, const Operand<T>&, SourceLocation);                       \
  template Tensor<T> outer(const Operand<T>&, const Operand<T>&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
