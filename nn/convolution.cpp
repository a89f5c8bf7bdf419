#include "convolution.hpp"

#include <fmt/format.h>

#include <cmath>

#include "../autograd/base/error.hpp"
#include "../ops/ops.hpp"
#include "layer_shape.h"

namespace ebb::nn {

namespace {

/// The extents of an image's window, which may be one number for both axes.
Shape square(const char* layer, const Shape& window) {
  if (window.rank() != 1 && window.rank() != 2)
    throw Error(fmt::format("{}: the window is {{height, width}}, or one number for both, and not {}", layer,
                            to_string(window)));
  return window.rank() == 1 ? Shape{window[0], window[0]} : window;
}

void check_channels(const char* layer, Index in, Index out, const Shape& window, Index groups) {
  for (Index extent : window)
    if (extent < 1) throw Error(fmt::format("{}: a window of {} is none", layer, to_string(window)));
  (void)layer_shape(layer, {in, out});
  if (groups < 1 || in % groups != 0 || out % groups != 0)
    throw Error(fmt::format("{}({}, {}): {} groups do not divide the channels", layer, in, out, groups));
}

/// A weight [window..., in / groups, out], drawn as that of a linear map of all that the window sees. A unit gives its
/// value to as many places as the window has taps, which counts where a scheme goes by the outputs.
template <class T>
Tensor<T> window_weight(const Shape& window, Index in, Index out, Index groups, Init init, Generator& generator) {
  const Index taps = window.size(), seen = taps * in / groups;
  if ((init.scheme == Init::Scheme::xavier_uniform || init.scheme == Init::Scheme::xavier_normal) && seen + out > 0)
    init = init.scaled(std::sqrt(static_cast<double>(seen + out) / static_cast<double>(seen + out / groups * taps)));
  Shape shape = window;
  shape.push_back(in / groups);
  shape.push_back(out);
  return reshape(initialize<T>({seen, out}, init, generator), shape);
}

/// The weight [window..., in / groups, out] of a convolution as that of a transposed one from `in` to `out`:
/// [window..., out / groups, in]. Each group keeps its own.
template <class T>
Tensor<T> swap_channels(const Tensor<T>& weight, const Shape& window, Index in, Index out, Index groups) {
  const Tensor<T> by_group = reshape(weight, {window.size(), in / groups, groups, out / groups});
  Shape shape = window;
  shape.push_back(out / groups);
  shape.push_back(in);
  return reshape(permute(by_group, {0, 3, 2, 1}), shape);
}

template <class T>
Parameter<T> bias_of(bool wanted, Index out) {
  return wanted ? Parameter<T>(Array<T>(Shape{out}, T{0}), "bias") : Parameter<T>();
}

}  // namespace

template <class T>
Convolution<T>::Convolution(const char* layer, Index in, Index out, const Shape& window, Generator& generator,
                            const ConvOptions& o)
    : options{o.stride, o.padding, o.dilation, o.groups} {
  check_channels(layer, in, out, window, o.groups);
  weight = Parameter<T>(window_weight<T>(window, in, out, o.groups, o.init, generator), "weight");
  bias = bias_of<T>(o.bias, out);
}

template <class T>
Tensor<T> Convolution<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return bias.defined() ? convolution(x, weight, bias, options, at) : convolution(x, weight, options, at);
}

template <class T>
Conv1d<T>::Conv1d(Index in, Index out, Index window, Generator& generator, const ConvOptions& how)
    : Convolution<T>("Conv1d", in, out, layer_shape("Conv1d", {window}), generator, how) {}

template <class T>
Conv2d<T>::Conv2d(Index in, Index out, const Shape& window, Generator& generator, const ConvOptions& how)
    : Convolution<T>("Conv2d", in, out, square("Conv2d", window), generator, how) {}

template <class T>
TransposedConvolution<T>::TransposedConvolution(const char* layer, Index in, Index out, const Shape& window,
                                                Generator& generator, const ConvTransposeOptions& o)
    : options{o.stride, o.padding, o.dilation, o.groups, o.output_padding} {
  check_channels(layer, in, out, window, o.groups);
  const NoRecording off;
  weight = Parameter<T>(
      swap_channels(window_weight<T>(window, in, out, o.groups, o.init, generator), window, in, out, o.groups),
      "weight");
  bias = bias_of<T>(o.bias, out);
}

template <class T>
Tensor<T> TransposedConvolution<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return bias.defined() ? transposed_convolution(x, weight, bias, options, at)
                        : transposed_convolution(x, weight, options, at);
}

template <class T>
ConvTranspose1d<T>::ConvTranspose1d(Index in, Index out, Index window, Generator& generator,
                                    const ConvTransposeOptions& how)
    : TransposedConvolution<T>("ConvTranspose1d", in, out, layer_shape("ConvTranspose1d", {window}), generator, how) {}

template <class T>
ConvTranspose2d<T>::ConvTranspose2d(Index in, Index out, const Shape& window, Generator& generator,
                                    const ConvTransposeOptions& how)
    : TransposedConvolution<T>("ConvTranspose2d", in, out, square("ConvTranspose2d", window), generator, how) {}

#define EBB_INSTANTIATE(T)                  \
  template struct Convolution<T>;           \
  template struct Conv1d<T>;                \
  template struct Conv2d<T>;                \
  template struct TransposedConvolution<T>; \
  template struct ConvTranspose1d<T>;       \
  template struct ConvTranspose2d<T>;
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::nn
