#include "../autograd/kernels/convolution.h"

#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "new_array.h"
#include "ops.hpp"
#include "windows.h"

// A convolution, its transposed form and the gradient of its weight are the partial derivatives of one sum over x
// weight y, so that the derivatives of each are the other two.
namespace ebb EBB_PUBLIC {

namespace {

using Pair = kernels::Windows::Pair;
using kernels::ConvolutionShape;

/// How the window moves, and the extents {height, width} of what is made, where the inputs do not tell: of the
/// transposed convolution's result along its spatial axes, and of the weight's window.
struct ConvolutionAttributes {
  int axes;  // spatial ones
  std::int32_t stride_y, stride_x, padding_y, padding_x, dilation_y, dilation_x, groups;
  std::int32_t extent_y = 0, extent_x = 0;

  ConvolutionAttributes() : ConvolutionAttributes({1, {1, 1}, {0, 0}, {1, 1}}, 1) {}
  ConvolutionAttributes(const WindowSteps& s, Index in_groups)
      : axes(s.axes),
        stride_y(to(s.stride[0])),
        stride_x(to(s.stride[1])),
        padding_y(to(s.padding[0])),
        padding_x(to(s.padding[1])),
        dilation_y(to(s.dilation[0])),
        dilation_x(to(s.dilation[1])),
        groups(to(in_groups)) {}
  WindowSteps steps() const { return {axes, {stride_y, stride_x}, {padding_y, padding_x}, {dilation_y, dilation_x}}; }
  Pair extents() const { return {extent_y, extent_x}; }
  ConvolutionAttributes with(const Pair& extents) const {
    ConvolutionAttributes made = *this;
    made.extent_y = to(extents[0]), made.extent_x = to(extents[1]);
    return made;
  }
  static std::int32_t to(Index i) { return static_cast<std::int32_t>(i); }
  static void visit(auto& self, auto&& field) {
    field("axes", self.axes), field("stride_y", self.stride_y), field("stride_x", self.stride_x);
    field("padding_y", self.padding_y), field("padding_x", self.padding_x), field("dilation_y", self.dilation_y);
    field("dilation_x", self.dilation_x), field("groups", self.groups), field("extent_y", self.extent_y);
    field("extent_x", self.extent_x);
  }
};

template <class T>
const ConvolutionAttributes& attributes_of(const Record<T>& r) {
  return r.attributes.template as<ConvolutionAttributes>();
}

/// The extents of a window, of a weight [window..., in / groups, out].
Pair window_of(const Shape& weight) { return {weight.rank() == 4 ? weight[0] : 1, weight[weight.rank() - 3]}; }

/// The convolution of x with this weight. Throws Error if they do not fit.
ConvolutionShape shape_of(const Shape& x, const Shape& weight, const ConvolutionAttributes& a) {
  const ConvolutionShape s{windows_over(x, window_of(weight), a.steps()), weight.extent(-1), a.groups};
  if (s.channels % s.groups != 0 || s.out % s.groups != 0 || s.channels / s.groups != weight.extent(-2))
    throw Error(fmt::format(
        "x of shape {} has {} channels in its last axis, but a weight {} of {} group{} takes {} and makes {} "
        "(channels come last: x [..., {}, in], weight [window..., in / groups, out])",
        to_string(x), s.channels, to_string(weight), s.groups, s.groups == 1 ? "" : "s", weight.extent(-2) * s.groups,
        s.out, a.axes == 2 ? "height, width" : "length"));
  return s;
}

/// A bias of so many numbers, if there is one.
template <class T>
const T* bias_of(Inputs<T> x, Index channels) {
  if (x.size() < 3) return nullptr;
  if (!(x[2].shape() == Shape{channels}))
    throw Error(fmt::format("the bias must have the shape [{}], one number for each channel of the result, not {}",
                            channels, to_string(x[2].shape())));
  return x[2].data();
}

// The ops for derivatives to call: with attributes, and without a bias.
template <class T>
Tensor<T> convolved(const Tensor<T>& x, const Tensor<T>& weight, const ConvolutionAttributes& a) {
  return apply(Ops<T>::convolution, {&x, &weight}, a.with({0, 0}), SourceLocation::current());
}
template <class T>
Tensor<T> transposed(const Tensor<T>& y, const Tensor<T>& weight, const ConvolutionAttributes& a, const Shape& x) {
  return apply(Ops<T>::transposed_convolution, {&y, &weight}, a.with(spatial_extents(x, a.axes)),
               SourceLocation::current());
}
template <class T>
Tensor<T> weight_from(const Tensor<T>& x, const Tensor<T>& y, const ConvolutionAttributes& a, const Shape& weight) {
  return apply(Ops<T>::convolution_weight, {&x, &y}, a.with(window_of(weight)), SourceLocation::current());
}

constexpr Formula convolution_formula{
    "y[p] = sum over the taps k of the window of x[p stride + k dilation - padding] w[k], plus b",
    {"dx = the transposed convolution of dy with w",
     "dw = for each tap k the sum over the places p of x[p stride + k dilation - padding]^T dy[p]",
     "db = dy, summed over the places"},
    "Each x gets its gradient from all windows that saw it, through the weight of the tap that did; a weight gets the "
    "sum "
    "over all places, which grows with the image.",
};

template <class T>
Array<T> convolution_forward(Record<T>& r, Inputs<T> x) {
  const ConvolutionAttributes& a = attributes_of(r);
  const ConvolutionShape s = shape_of(x[0].shape(), x[1].shape(), a);
  const T* bias = bias_of<T>(x, s.out);
  r.save(x[0]), r.save(x[1]);
  Array<T> y(with_extents(x[0].shape(), a.axes, s.y, s.out));
  kernels::convolve(s, x[0].data(), x[1].data(), bias, y.mutable_data());
  return y;
}

template <class T>
void convolution_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>&x = r.saved[0], &weight = r.saved[1];
  if (d.needs(0)) d.add(0, transposed(dy, weight, attributes_of(r), x.shape()));
  if (d.needs(1)) d.add(1, weight_from(x, dy, attributes_of(r), weight.shape()));
  if (r.inputs.size() > 2 && d.needs(2)) d.add(2, sum_to(dy, d.shape(2)));
}

constexpr Formula transposed_convolution_formula{
    "y[p stride + k dilation - padding] = the sum of x[p] w[k]^T over the places p and taps k that lead there, plus b",
    {"dx = the convolution of dy with w",
     "dw = for each tap k the sum over the places p of dy[p stride + k dilation - padding]^T x[p]",
     "db = dy, summed over the places"},
    "Each x gets the gradients of all that its window of numbers was added to, through the same weight.",
};

template <class T>
Array<T> transposed_convolution_forward(Record<T>& r, Inputs<T> x) {
  const ConvolutionAttributes& a = attributes_of(r);
  const Shape &from = x[0].shape(), &weight = x[1].shape();
  if (from.extent(-1) != weight.extent(-1))
    throw Error(
        fmt::format("x of shape {} has {} channels in its last axis, but a weight {} takes {} "
                    "(channels come last: x [..., {}, in], weight [window..., out / groups, in])",
                    to_string(from), from.extent(-1), to_string(weight), weight.extent(-1),
                    a.axes == 2 ? "height, width" : "length"));
  const Shape shape = with_extents(from, a.axes, a.extents(), weight.extent(-2) * a.groups);
  const ConvolutionShape s = shape_of(shape, weight, a);
  const T* bias = bias_of<T>(x, s.channels);
  r.save(x[0]), r.save(x[1]);
  Array<T> y(shape);
  kernels::convolve_transposed(s, x[0].data(), x[1].data(), bias, y.mutable_data());
  return y;
}

template <class T>
void transposed_convolution_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>&x = r.saved[0], &weight = r.saved[1];
  if (d.needs(0)) d.add(0, convolved(dy, weight, attributes_of(r)));
  if (d.needs(1)) d.add(1, weight_from(dy, x, attributes_of(r), weight.shape()));
  if (r.inputs.size() > 2 && d.needs(2)) d.add(2, sum_to(dy, d.shape(2)));
}

constexpr Formula convolution_weight_formula{
    "y[k] = sum over the places p of x[p stride + k dilation - padding]^T z[p]",
    {"dx = the transposed convolution of z with dy", "dz = the convolution of x with dy"},
    "The gradient of a convolution's weight, which comes up in gradients of gradients: linear in what the window saw, "
    "and "
    "in what came back.",
};

template <class T>
Array<T> convolution_weight_forward(Record<T>& r, Inputs<T> x) {
  const ConvolutionAttributes& a = attributes_of(r);
  const Shape &seen = x[0].shape(), &back = x[1].shape();
  Shape weight(std::array<Index, 2>{a.extent_y, a.extent_x});
  if (a.axes == 1) weight = Shape{a.extent_x};
  weight.push_back(seen.extent(-1) / a.groups);
  weight.push_back(back.extent(-1));
  const ConvolutionShape s = shape_of(seen, weight, a);
  r.save(x[0]), r.save(x[1]);
  Array<T> y(weight);
  kernels::convolve_weight(s, x[0].data(), x[1].data(), y.mutable_data());
  return y;
}

template <class T>
void convolution_weight_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const Tensor<T>&x = r.saved[0], &z = r.saved[1];
  if (d.needs(0)) d.add(0, transposed(z, dy, attributes_of(r), x.shape()));
  if (d.needs(1)) d.add(1, convolved(x, dy, attributes_of(r)));
}

/// The attributes of a call with this weight.
template <class Options>
ConvolutionAttributes attributes_for(const Shape& weight, const Options& options) {
  if (weight.rank() != 3 && weight.rank() != 4)
    throw Error(
        fmt::format("the weight has one or two axes of the window, then those of the channels, [length, in, out] "
                    "or [height, width, in, out], and not the shape {}",
                    to_string(weight)));
  if (options.groups < 1 || options.groups > std::numeric_limits<std::int32_t>::max())
    throw Error(fmt::format("there is no convolution in {} groups", options.groups));
  return {window_steps(weight.rank() - 2, options.stride, options.padding, options.dilation), options.groups};
}

/// The same, with the extents of the result.
ConvolutionAttributes attributes_for_transposed(const Shape& x, const Shape& weight,
                                                const TransposedConvolutionOptions& options) {
  const ConvolutionAttributes a = attributes_for(weight, options);
  const WindowSteps steps = a.steps();
  const Pair more = numbers_for_axes("output_padding", options.output_padding, steps.axes, 0),
             window = window_of(weight);
  if (x.rank() < steps.axes + 1)
    throw Error(fmt::format("x must have the shape [..., {}, channels], not {}",
                            steps.axes == 2 ? "height, width" : "length", to_string(x)));
  Pair extents = spatial_extents(x, steps.axes);
  for (const std::size_t i : {0U, 1U}) {
    if (more[i] < 0 || more[i] >= steps.stride[i])
      throw Error(fmt::format("the output_padding must be at least 0 and less than the stride of {}, not {}",
                              steps.stride[i], more[i]));
    extents[i] =
        (extents[i] - 1) * steps.stride[i] - 2 * steps.padding[i] + steps.dilation[i] * (window[i] - 1) + 1 + more[i];
    if (extents[i] < 1)
      throw Error(fmt::format("nothing is left of x of shape {} with a window of {} and a padding of {}", to_string(x),
                              window[i], steps.padding[i]));
    if (extents[i] > std::numeric_limits<std::int32_t>::max())
      throw Error(fmt::format("the result would have an axis of {}", extents[i]));
  }
  return a.with(extents);
}

template <class T>
Tensor<T> apply_convolution(std::initializer_list<const Operand<T>*> inputs, const ConvolutionOptions& options,
                            SourceLocation at) {
  const Shape& weight = inputs.begin()[1]->shape();
  auto attributes = named("convolution", at, [&] { return attributes_for(weight, options); });
  return apply(Ops<T>::convolution, inputs, attributes, at);
}

template <class T>
Tensor<T> apply_transposed(std::initializer_list<const Operand<T>*> inputs, const TransposedConvolutionOptions& options,
                           SourceLocation at) {
  const Shape &x = inputs.begin()[0]->shape(), &weight = inputs.begin()[1]->shape();
  auto attributes = named("transposed_convolution", at, [&] { return attributes_for_transposed(x, weight, options); });
  return apply(Ops<T>::transposed_convolution, inputs, attributes, at);
}

}  // namespace

EBB_OP(convolution, convolution_forward<T>, convolution_backward<T>, convolution_formula,
       .attributes = default_attributes<ConvolutionAttributes>)
EBB_OP(transposed_convolution, transposed_convolution_forward<T>, transposed_convolution_backward<T>,
       transposed_convolution_formula, .attributes = default_attributes<ConvolutionAttributes>)
EBB_OP(convolution_weight, convolution_weight_forward<T>, convolution_weight_backward<T>, convolution_weight_formula,
       .attributes = default_attributes<ConvolutionAttributes>)

template <class T>
Tensor<T> convolution(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& bias,
                      const ConvolutionOptions& options, SourceLocation at) {
  return apply_convolution<T>({&x, &weight, &bias}, options, at);
}

template <class T>
Tensor<T> convolution(const Operand<T>& x, const Operand<T>& weight, const ConvolutionOptions& options,
                      SourceLocation at) {
  return apply_convolution<T>({&x, &weight}, options, at);
}

template <class T>
Tensor<T> transposed_convolution(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& bias,
                                 const TransposedConvolutionOptions& options, SourceLocation at) {
  return apply_transposed<T>({&x, &weight, &bias}, options, at);
}

template <class T>
Tensor<T> transposed_convolution(const Operand<T>& x, const Operand<T>& weight,
                                 const TransposedConvolutionOptions& options, SourceLocation at) {
  return apply_transposed<T>({&x, &weight}, options, at);
}

#define EBB_INSTANTIATE(T)                                                                                             \
  template Tensor<T> convolution(const Operand<T>&, const Operand<T>&, const Operand<T>&, const ConvolutionOptions&,   \
                                 SourceLocation);                                                                      \
  template Tensor<T> convolution(const Operand<T>&, const Operand<T>&, const ConvolutionOptions&, SourceLocation);     \
  template Tensor<T> transposed_convolution(const Operand<T>&, const Operand<T>&, const Operand<T>&,                   \
                                            const TransposedConvolutionOptions&, SourceLocation);                      \
  template Tensor<T> transposed_convolution(const Operand<T>&, const Operand<T>&, const TransposedConvolutionOptions&, \
                                            SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
