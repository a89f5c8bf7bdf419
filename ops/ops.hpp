#pragma once

#include <concepts>
#include <initializer_list>
#include <optional>
#include <type_traits>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"
#include "attention_entropy.hpp"
#include "convolution.hpp"
#include "fusion.hpp"
#include "random.hpp"
#include "recurrence.hpp"
#include "threads.hpp"

// The differentiable operations, family by family, each in the file named above it. They take tensors and parameters
// alike, broadcast as NumPy does, run at once, and record themselves on the tape in scope. `at` is the caller's line;
// leave it out. They throw Error for shapes that do not fit, naming the op, the shapes and that line.

namespace ebb EBB_PUBLIC {

// ---- creation.cpp: constants

template <class T>
Tensor<T> zeros(const Shape& shape);
template <class T>
Tensor<T> ones(const Shape& shape);
template <class T>
Tensor<T> full(const Shape& shape, double value);
/// start, start + step, ... up to, but without, stop. Throws Error for a step that never gets there.
template <class T>
Tensor<T> arange(double start, double stop, double step = 1);
/// A mask or ids as numbers: 0 / 1, 2, ...
template <class T>
Tensor<T> to_tensor(const IntArray& x);

// ---- arithmetic.cpp
// Also as operators: a + b, a - b, a * b, a / b, -x.

template <class T>
Tensor<T> add(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> subtract(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> multiply(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> divide(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> negate(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// x^p for a fixed exponent; NaN for a negative x unless p is whole.
template <class T>
Tensor<T> power(const Operand<T>& x, double exponent, SourceLocation at = SourceLocation::current());
/// a^b. Where a = 0 and b >= 0 the derivative with respect to b is 0 (and where both are 0, that with respect to a). A
/// negative base gives NaN unless b is whole, and its derivative with respect to b is NaN in any case.
template <class T>
Tensor<T> power(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> square(const Operand<T>& x, SourceLocation at = SourceLocation::current());

// ---- exponential.cpp, trigonometric.cpp, activation.cpp: element by element

template <class T>
Tensor<T> exp(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// e^x - 1, precise near 0.
template <class T>
Tensor<T> expm1(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> log(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// log(1 + x), precise near 0.
template <class T>
Tensor<T> log1p(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> sqrt(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// 1 / sqrt(x)
template <class T>
Tensor<T> rsqrt(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// |x|. At the kink, x = 0, the derivative is 0.
template <class T>
Tensor<T> abs(const Operand<T>& x, SourceLocation at = SourceLocation::current());

template <class T>
Tensor<T> sin(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> cos(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> tanh(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.
template <class T>
Tensor<T> erf(const Operand<T>& x, SourceLocation at = SourceLocation::current());

/// 1 / (1 + e^-x)
template <class T>
Tensor<T> sigmoid(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// log(1 + e^x), without overflow.
template <class T>
Tensor<T> softplus(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// max(x, 0). At the kink, x = 0, the derivative is 0.
template <class T>
Tensor<T> relu(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// x where x > 0, else slope * x. At the kink, x = 0, the derivative is `slope`.
template <class T>
Tensor<T> leaky_relu(const Operand<T>& x, double slope = 0.01, SourceLocation at = SourceLocation::current());
/// x Phi(x), with the normal distribution function Phi (Hendrycks & Gimpel 2016).
template <class T>
Tensor<T> gelu(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// GELU's approximation by tanh: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
template <class T>
Tensor<T> gelu_tanh(const Operand<T>& x, SourceLocation at = SourceLocation::current());
/// x sigmoid(x), also called swish.
template <class T>
Tensor<T> silu(const Operand<T>& x, SourceLocation at = SourceLocation::current());

// ---- comparison.cpp: masks, and what chooses by them
// Masks also as operators: a < b, a > b, a <= b, a >= b. Comparisons with NaN are 0.

template <class T>
IntArray less(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
IntArray less_equal(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
IntArray equal(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
/// a where the mask is not 0, else b; all three broadcast. The side not taken gets the adjoint 0, which an infinite
/// derivative before it turns into NaN: for a logarithm where x > 0 write where(x > 0, log(where(x > 0, x, 1)), 0).
template <class T>
Tensor<T> where(const IntArray& mask, const Operand<T>& a, const Operand<T>& b,
                SourceLocation at = SourceLocation::current());
/// The smaller of the two; NaN if either is. Where they are equal, each gets half of the adjoint.
template <class T>
Tensor<T> minimum(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
/// The larger of the two; NaN if either is. Where they are equal, each gets half of the adjoint.
template <class T>
Tensor<T> maximum(const Operand<T>& a, const Operand<T>& b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> minimum(const Operand<T>& a, double b, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> maximum(const Operand<T>& a, double b, SourceLocation at = SourceLocation::current());
/// x held within [low, high]. At and beyond the bounds the derivative is 0.
template <class T>
Tensor<T> clamp(const Operand<T>& x, double low, double high, SourceLocation at = SourceLocation::current());

// ---- reduction.cpp, cumulative.cpp
// Over all axes, or over those given: sum(x), sum(x, -1), sum(x, {0, 2}, {.keep = true}).

struct ReduceOptions {
  bool keep = false;  ///< Leaves the reduced axes in place, with extent 1.
};

template <class T>
Tensor<T> sum(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> sum(const Operand<T>& x, const Axes& axes, ReduceOptions options = {},
              SourceLocation at = SourceLocation::current());
/// Throws Error where there is nothing to average.
template <class T>
Tensor<T> mean(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> mean(const Operand<T>& x, const Axes& axes, ReduceOptions options = {},
               SourceLocation at = SourceLocation::current());

struct VarianceOptions {
  bool keep = false;   ///< Leaves the reduced axes in place, with extent 1.
  int correction = 0;  ///< Divides by n - correction: 1 for the unbiased estimate.
};
template <class T>
Tensor<T> variance(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> variance(const Operand<T>& x, const Axes& axes, VarianceOptions options = {},
                   SourceLocation at = SourceLocation::current());
/// The largest element; NaN if any is, and then so are the derivatives. Where several are the largest, they share the
/// adjoint in equal parts. Throws Error where there is none.
template <class T>
Tensor<T> max(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> max(const Operand<T>& x, const Axes& axes, ReduceOptions options = {},
              SourceLocation at = SourceLocation::current());
template <class T, std::integral I>
Tensor<T> max(const Operand<T>&, I, ReduceOptions = {}) = delete;  // write max(x, {axis}), or maximum(x, number)
/// The smallest element; NaN if any is, and then so are the derivatives. Where several are the smallest, they share the
/// adjoint in equal parts. Throws Error where there is none.
template <class T>
Tensor<T> min(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> min(const Operand<T>& x, const Axes& axes, ReduceOptions options = {},
              SourceLocation at = SourceLocation::current());
template <class T, std::integral I>
Tensor<T> min(const Operand<T>&, I, ReduceOptions = {}) = delete;  // write min(x, {axis}), or minimum(x, number)
/// log(sum(exp(x))), without overflow. Throws Error where there is nothing to sum.
template <class T>
Tensor<T> logsumexp(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> logsumexp(const Operand<T>& x, const Axes& axes, ReduceOptions options = {},
                    SourceLocation at = SourceLocation::current());
/// The index of the largest element along an axis, the first one where several are (or the first NaN). Throws Error
/// where there is none.
template <class T>
IntArray argmax(const Operand<T>& x, int axis = -1, SourceLocation at = SourceLocation::current());
/// Sums along an axis: y[i] = x[0] + ... + x[i].
template <class T>
Tensor<T> cumulative_sum(const Operand<T>& x, int axis, SourceLocation at = SourceLocation::current());

// ---- broadcast.cpp

/// The shape that both broadcast to, as in NumPy. Throws Error if they do not.
Shape broadcast_shape(const Shape& a, const Shape& b);
/// Returns true if x broadcasts to this very shape.
bool broadcasts_to(const Shape& x, const Shape& shape);
/// Repeats x along the axes that it lacks or has with extent 1, until it has this shape.
template <class T>
Tensor<T> expand(const Operand<T>& x, const Shape& shape, SourceLocation at = SourceLocation::current());
/// Undoes `expand`: sums over the axes that broadcasting added or repeated. The one place where broadcasting is undone.
template <class T>
Tensor<T> sum_to(const Operand<T>& x, const Shape& shape, SourceLocation at = SourceLocation::current());

// ---- shape.cpp; slicing.cpp: slice, pad, flip, split; joining.cpp: concatenate, stack

/// Gives x another shape: the elements and their row-major order stay. One extent may be -1, to be worked out.
template <class T>
Tensor<T> reshape(const Operand<T>& x, const Shape& shape, SourceLocation at = SourceLocation::current());
/// Axis i of the result is axis `axes[i]` of x.
template <class T>
Tensor<T> permute(const Operand<T>& x, const Axes& axes, SourceLocation at = SourceLocation::current());
/// Swaps two axes, the last two unless told otherwise.
template <class T>
Tensor<T> transpose(const Operand<T>& x, int a = -2, int b = -1, SourceLocation at = SourceLocation::current());
/// Drops these axes, which must have extent 1; without any given, all that have.
template <class T>
Tensor<T> squeeze(const Operand<T>& x, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> squeeze(const Operand<T>& x, const Axes& axes, SourceLocation at = SourceLocation::current());
/// Puts in an axis of extent 1, so that it is axis `axis` of the result.
template <class T>
Tensor<T> unsqueeze(const Operand<T>& x, int axis, SourceLocation at = SourceLocation::current());

/// The indices that a slice takes: start, start + step, ... before stop, as in Python: negative ones count from the
/// end, what lies outside is cut off, and a negative step goes backwards.
struct Range {
  std::optional<Index> start = {};
  std::optional<Index> stop = {};
  Index step = 1;
};
template <class T>
Tensor<T> slice(const Operand<T>& x, int axis, Range range, SourceLocation at = SourceLocation::current());
/// Puts `before` and `after` elements of this value around x along an axis.
template <class T>
Tensor<T> pad(const Operand<T>& x, int axis, Index before, Index after, double value = 0,
              SourceLocation at = SourceLocation::current());
/// Reverses the order along these axes.
template <class T>
Tensor<T> flip(const Operand<T>& x, const Axes& axes, SourceLocation at = SourceLocation::current());
/// Joins tensors along an axis; their other extents must agree.
template <class T>
Tensor<T> concatenate(const std::vector<Tensor<T>>& parts, int axis, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> concatenate(std::initializer_list<Tensor<T>> parts, int axis, SourceLocation at = SourceLocation::current()) {
  return concatenate(std::vector<Tensor<T>>(parts), axis, at);
}
/// Joins tensors of one shape along a new axis.
template <class T>
Tensor<T> stack(const std::vector<Tensor<T>>& parts, int axis = 0, SourceLocation at = SourceLocation::current());
template <class T>
Tensor<T> stack(std::initializer_list<Tensor<T>> parts, int axis = 0, SourceLocation at = SourceLocation::current()) {
  return stack(std::vector<Tensor<T>>(parts), axis, at);
}
/// Cuts along an axis into this many equal parts. Throws Error if it does not divide.
template <class T>
std::vector<Tensor<T>> split(const Operand<T>& x, Index parts, int axis, SourceLocation at = SourceLocation::current());
/// Cuts along an axis into parts of these extents, which must add up to the axis.
template <class T>
std::vector<Tensor<T>> split(const Operand<T>& x, const std::vector<Index>& extents, int axis,
                             SourceLocation at = SourceLocation::current());

// ---- indexing.cpp
// Indices count from 0; negative ones, and those past the end, throw Error.

/// Takes slices of x along an axis: the axis is replaced by the axes of `indices` (numpy.take).
template <class T>
Tensor<T> gather(const Operand<T>& x, const IntArray& indices, int axis, SourceLocation at = SourceLocation::current());
/// x with `updates` added at `indices` along an axis (repeated indices add up). `updates` has the shape that
/// gather(x, indices, axis) has.
template <class T>
Tensor<T> scatter_add(const Operand<T>& x, const IntArray& indices, const Operand<T>& updates, int axis,
                      SourceLocation at = SourceLocation::current());
/// One element for each of `indices`, which has the rank of x: y[i, j] = x[i, indices[i, j]] for axis 1
/// (numpy.take_along_axis).
template <class T>
Tensor<T> take_along_axis(const Operand<T>& x, const IntArray& indices, int axis,
                          SourceLocation at = SourceLocation::current());
/// Row `ids[...]` of a table [count, width], for each id: [..., width].
template <class T>
Tensor<T> embedding(const Operand<T>& table, const IntArray& ids, SourceLocation at = SourceLocation::current());

// ---- matmul.cpp

struct MatmulOptions {
  bool transpose_a = false;
  bool transpose_b = false;
};
/// The product of the last two axes, [..., m, k] x [..., k, n] -> [..., m, n]; the axes before broadcast. Either side
/// may be taken transposed, without a copy. Both need at least two axes.
template <class T>
Tensor<T> matmul(const Operand<T>& a, const Operand<T>& b, MatmulOptions options = {},
                 SourceLocation at = SourceLocation::current());
/// x W + b: x [..., rows, in], weight [in, out], bias [out] -> [..., rows, out].
template <class T>
Tensor<T> linear(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& bias,
                 SourceLocation at = SourceLocation::current());
/// x W
template <class T>
Tensor<T> linear(const Operand<T>& x, const Operand<T>& weight, SourceLocation at = SourceLocation::current());

// ---- softmax.cpp

/// e^x / sum(e^x) along an axis, without overflow.
template <class T>
Tensor<T> softmax(const Operand<T>& x, int axis = -1, SourceLocation at = SourceLocation::current());
/// Softmax over the elements whose mask, which broadcasts to x, is not 0; 0 for the others. Where the mask leaves
/// nothing, all are 0 and so are all gradients. An undefined mask hides nothing.
template <class T>
Tensor<T> softmax(const Operand<T>& x, const IntArray& mask, int axis = -1,
                  SourceLocation at = SourceLocation::current());
/// log(softmax(x)), precise where softmax is tiny.
template <class T>
Tensor<T> log_softmax(const Operand<T>& x, int axis = -1, SourceLocation at = SourceLocation::current());

// ---- loss.cpp: the mean over elements or labels, a tensor of one element
// They throw Error for an empty batch, which has no mean.

struct CrossEntropyOptions {
  std::optional<std::int32_t> ignored_label =
      {};                      ///< Positions with this label count neither above nor below the line.
  double label_smoothing = 0;  ///< Mixes the label with the uniform distribution (Szegedy et al. 2016).
};
/// The mean of -log softmax(logits)[label]: logits [..., classes], labels [...]. If every label is ignored: 0.
template <class T>
Tensor<T> cross_entropy(const Operand<T>& logits, const IntArray& labels, CrossEntropyOptions options = {},
                        SourceLocation at = SourceLocation::current());
/// The mean of -t log s(x) - (1 - t) log(1 - s(x)), with the sigmoid s, without overflow; targets of the shape of the
/// logits. Throws Error for a target outside [0, 1].
template <class T>
Tensor<T> binary_cross_entropy_with_logits(const Operand<T>& logits, const Operand<T>& targets,
                                           SourceLocation at = SourceLocation::current());
/// The mean of (prediction - target)^2, which must have the same shape, as for the Huber loss.
template <class T>
Tensor<T> mean_squared_error(const Operand<T>& prediction, const Operand<T>& target,
                             SourceLocation at = SourceLocation::current());
/// The mean of r^2/2 where |r| <= delta, else delta (|r| - delta/2), with r = prediction - target (Huber 1964).
/// At the kink, |r| = delta, the first derivative is continuous, and the second is 0.
template <class T>
Tensor<T> huber_loss(const Operand<T>& prediction, const Operand<T>& target, double delta = 1,
                     SourceLocation at = SourceLocation::current());

// ---- normalization.cpp: along the last axis; batch_normalization.cpp: of each channel, along others

/// gain (x - mean) / sqrt(variance + epsilon) + bias; gain and bias [width] (Ba et al. 2016). Throws Error for a
/// negative epsilon, as rms_norm does.
template <class T>
Tensor<T> layer_norm(const Operand<T>& x, const Operand<T>& gain, const Operand<T>& bias, double epsilon = 1e-5,
                     SourceLocation at = SourceLocation::current());
/// Layer norm without gain and bias: (x - mean) / sqrt(variance + epsilon).
template <class T>
Tensor<T> layer_norm(const Operand<T>& x, double epsilon = 1e-5, SourceLocation at = SourceLocation::current());
/// A whole number would be meant as an axis, which is always the last.
template <class T, std::integral N>
Tensor<T> layer_norm(const Operand<T>& x, N axis, SourceLocation at = SourceLocation::current()) = delete;
/// gain x / sqrt(mean(x^2) + epsilon) (Zhang & Sennrich 2019).
template <class T>
Tensor<T> rms_norm(const Operand<T>& x, const Operand<T>& gain, double epsilon = 1e-5,
                   SourceLocation at = SourceLocation::current());

/// (x - mean) / sqrt(variance + epsilon) gain + bias, with mean and variance of each channel, the last axis, over all
/// others (Ioffe & Szegedy 2015): x [..., channels], gain and bias [channels]. Throws Error where there is nothing to
/// average.
template <class T>
Tensor<T> batch_norm(const Operand<T>& x, const Operand<T>& gain, const Operand<T>& bias, double epsilon = 1e-5,
                     SourceLocation at = SourceLocation::current());
/// The same with a given mean and variance of each channel, as in evaluation.
template <class T>
Tensor<T> batch_norm(const Operand<T>& x, const Operand<T>& gain, const Operand<T>& bias, const Operand<T>& mean,
                     const Operand<T>& variance, double epsilon = 1e-5, SourceLocation at = SourceLocation::current());
/// The same with mean and variance over all of each example, the first axis, and over a group of channels (Wu & He
/// 2018): x [batch, ..., channels]. With a group for each channel it is instance norm (Ulyanov et al. 2016). Throws
/// Error unless the groups divide the channels.
template <class T>
Tensor<T> group_norm(const Operand<T>& x, Index groups, const Operand<T>& gain, const Operand<T>& bias,
                     double epsilon = 1e-5, SourceLocation at = SourceLocation::current());

// ---- dropout.cpp

/// Zeroes each element with this probability, and divides the others by 1 - probability. The same key drops the same
/// elements.
template <class T>
Tensor<T> dropout(const Operand<T>& x, double probability, Key key, SourceLocation at = SourceLocation::current());

// ---- attention.cpp

template <class T>
struct AttentionOptions {
  bool causal = false;  ///< Position i attends to positions up to i (counted from the end of the keys).
  IntArray mask = {};   ///< Where not 0, attending is allowed; broadcasts to [..., queries, keys].
  Tensor<T> bias = {};  ///< Added to the scores; broadcasts to [..., queries, keys]. Minus infinity hides a key.
  std::optional<double> scale = {};  ///< Of the scores; 1/sqrt(width) unless given.
};
/// softmax(q k^T scale + bias), over what the masks allow: q [..., queries, width], k [..., keys, width] ->
/// [..., queries, keys]. A row that may attend to nothing is 0, with gradients 0.
template <class T>
Tensor<T> attention_weights(const Operand<T>& q, const Operand<T>& k, const AttentionOptions<T>& options = {},
                            SourceLocation at = SourceLocation::current());
/// attention_weights(q, k) v: v [..., keys, width_v] -> [..., queries, width_v] (Vaswani et al. 2017, equation 1). What
/// is hidden from a query may be infinite or NaN, and reaches neither its result nor a gradient through it.
template <class T>
Tensor<T> scaled_dot_product_attention(const Operand<T>& q, const Operand<T>& k, const Operand<T>& v,
                                       const AttentionOptions<T>& options = {},
                                       SourceLocation at = SourceLocation::current());

/// The number of heads that stand side by side in the width of the queries, and in that of the keys and values.
struct Heads {
  Index heads = 1;
  Index key_heads = 0;  ///< As many unless given; fewer, each for several heads, as in grouped-query attention.
};
/// Attention in several heads, each on its part of the width, as the projections leave them: q [..., queries, heads *
/// width], k [..., keys, key_heads * width], v [..., keys, key_heads * width_v] -> [..., queries, heads * width_v]. A
/// mask or bias broadcasts to [..., heads, queries, keys]. Throws Error unless key_heads divides heads, which divide
/// the widths (Vaswani et al. 2017; fewer key heads: Ainslie et al. 2023, "GQA").
template <class T>
Tensor<T> multi_head_attention(const Operand<T>& q, const Operand<T>& k, const Operand<T>& v, Heads heads,
                               const AttentionOptions<T>& options = {}, SourceLocation at = SourceLocation::current());
/// [..., length, heads * width] -> [..., heads, length, width]: heads as matrices of their own, for attention_weights.
template <class T>
Tensor<T> split_heads(const Operand<T>& x, Index heads, SourceLocation at = SourceLocation::current());
/// Undoes split_heads: [..., heads, length, width] -> [..., length, heads * width].
template <class T>
Tensor<T> join_heads(const Operand<T>& x, SourceLocation at = SourceLocation::current());

// ---- numbers in place of tensors
// Either side of a two-sided op may be a number: maximum(x, 0), power(2, x).

/// The types that may stand in for a tensor.
template <class N>
concept Number = std::is_arithmetic_v<N>;

#define EBB_NUMBER_LEFT(Result, op)                                                    \
  template <class T, Number N>                                                         \
  Result op(N a, const Operand<T>& b, SourceLocation at = SourceLocation::current()) { \
    return op(full<T>({}, static_cast<double>(a)), b, at);                             \
  }
#define EBB_NUMBER_RIGHT(Result, op)                                                   \
  template <class T, Number N>                                                         \
  Result op(const Operand<T>& a, N b, SourceLocation at = SourceLocation::current()) { \
    return op(a, full<T>({}, static_cast<double>(b)), at);                             \
  }
#define EBB_NUMBER_EITHER(Result, op) EBB_NUMBER_LEFT(Result, op) EBB_NUMBER_RIGHT(Result, op)
EBB_NUMBER_EITHER(Tensor<T>, add)
EBB_NUMBER_EITHER(Tensor<T>, subtract)
EBB_NUMBER_EITHER(Tensor<T>, multiply)
EBB_NUMBER_EITHER(Tensor<T>, divide)
EBB_NUMBER_LEFT(Tensor<T>, power)
EBB_NUMBER_EITHER(Tensor<T>, minimum)
EBB_NUMBER_EITHER(Tensor<T>, maximum)
EBB_NUMBER_EITHER(IntArray, less)
EBB_NUMBER_EITHER(IntArray, less_equal)
EBB_NUMBER_EITHER(IntArray, equal)
#undef EBB_NUMBER_EITHER
#undef EBB_NUMBER_LEFT
#undef EBB_NUMBER_RIGHT

/// `where` with a number on either side: where(mask, x, 0).
template <class T, Number N>
Tensor<T> where(const IntArray& mask, const Operand<T>& a, N b, SourceLocation at = SourceLocation::current()) {
  return where(mask, a, full<T>({}, static_cast<double>(b)), at);
}
template <class T, Number N>
Tensor<T> where(const IntArray& mask, N a, const Operand<T>& b, SourceLocation at = SourceLocation::current()) {
  return where(mask, full<T>({}, static_cast<double>(a)), b, at);
}

}  // namespace ebb
