#pragma once

#include "../autograd/op.hpp"

// The one list of the operations. Each stands in the file that is named beside it, and in no other list.
namespace ebb {

// clang-format off
#define EBB_OPS(OP)                                                                                                  \
  /* arithmetic.cpp */ OP(add) OP(subtract) OP(multiply) OP(divide) OP(negate) OP(power) OP(tensor_power) OP(hypot)  \
  /* exponential.cpp */ OP(exp) OP(expm1) OP(log) OP(log1p) OP(sqrt) OP(safe_sqrt) OP(rsqrt) OP(abs) OP(log2)        \
    OP(logaddexp)                                                                                                    \
  /* trigonometric.cpp */ OP(sin) OP(cos) OP(tanh) OP(tanh_slope) OP(erf) OP(tan) OP(sinh) OP(cosh)                  \
  /* inverse_trigonometric.cpp */ OP(asin) OP(acos) OP(atan) OP(atan2)                                               \
  /* rounding.cpp */ OP(sign) OP(floor) OP(ceil) OP(round)                                                           \
  /* activation.cpp */ OP(sigmoid) OP(softplus) OP(relu) OP(leaky_relu) OP(gelu) OP(gelu_tanh) OP(silu) OP(softsign) \
  /* comparison.cpp */ OP(where) OP(minimum) OP(maximum) OP(clamp)                                                   \
  /* broadcast.cpp */ OP(expand) OP(sum_to)                                                                          \
  /* reduction.cpp */ OP(sum) OP(mean) OP(variance) OP(max) OP(min) OP(logsumexp)                                    \
  /* norm.cpp */ OP(norm)                                                                                            \
  /* cumulative.cpp */ OP(cumulative_sum)                                                                            \
  /* shape.cpp */ OP(reshape) OP(squeeze) OP(unsqueeze) OP(permute) OP(transpose)                                    \
  /* slicing.cpp */ OP(slice) OP(unslice) OP(pad) OP(flip)                                                           \
  /* joining.cpp */ OP(concatenate) OP(stack)                                                                        \
  /* indexing.cpp */ OP(gather) OP(scatter_add) OP(embedding) OP(take_along_axis) OP(add_along_axis)                 \
  /* matmul.cpp */ OP(matmul) OP(linear)                                                                             \
  /* linear_algebra.cpp */ OP(triangular_solve) OP(cholesky)                                                         \
  /* solve.cpp */ OP(solve) OP(inverse) OP(lu)                                                                       \
  /* determinant.cpp */ OP(determinant) OP(log_abs_determinant)                                                      \
  /* softmax.cpp */ OP(softmax) OP(log_softmax)                                                                      \
  /* normalization.cpp */ OP(layer_norm) OP(rms_norm)                                                                \
  /* dropout.cpp */ OP(dropout)                                                                                      \
  /* cross_entropy.cpp */ OP(cross_entropy)                                                                          \
  /* convolution.cpp */ OP(convolution) OP(transposed_convolution) OP(convolution_weight)                            \
  /* recurrence.cpp */ OP(rnn) OP(gru) OP(lstm)                                                                      \
  /* fused_attention.cpp */ OP(scaled_dot_product_attention) OP(multi_head_attention)
// clang-format on

/// The operations: `Ops<T>::softmax` is the Op of softmax. They are constants, there before any code runs.
template <class T>
struct Ops {
#define EBB_DECLARE(op) static const Op<T> op;
  EBB_OPS(EBB_DECLARE)
#undef EBB_DECLARE
};

#define EBB_DECLARE(op)                           \
  extern template const Op<float> Ops<float>::op; \
  extern template const Op<double> Ops<double>::op;
EBB_OPS(EBB_DECLARE)
#undef EBB_DECLARE

/// Defines an Op that stands in the list: its name, its two functions, its formula, then any further members:
///
///     EBB_OP(softmax, softmax_forward<T>, softmax_backward<T>, softmax_formula,
///            .attributes = default_attributes<SoftmaxAttributes>)
///
/// For an op that is not in the list, the compiler says that Ops<T> has no such member.
#define EBB_OP(op, forward_function, backward_function, formula_text, ...)                                            \
  template <class T>                                                                                                  \
  constexpr Op<T> Ops<T>::op{                                                                                         \
      .name = #op, .forward = forward_function, .backward = backward_function, .formula = formula_text, __VA_ARGS__}; \
  template const Op<float> Ops<float>::op;                                                                            \
  template const Op<double> Ops<double>::op;

}  // namespace ebb
