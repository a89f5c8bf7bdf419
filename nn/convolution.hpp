#pragma once

#include "../autograd/parameter.hpp"
#include "../ops/convolution.hpp"
#include "init.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// `stride`, `padding` and `dilation` are one number for each spatial axis, {height, width}, or one for all.
struct ConvOptions {
  Shape stride = 1;
  Shape padding = 0;
  Shape dilation = 1;
  Index groups = 1;                     ///< Groups of channels, each of which makes its share of the result.
  bool bias = true;                     ///< Starts at 0.
  Init init = Init::kaiming_uniform();  ///< Of a unit's inputs, all taps of the window count.
};

/// What Conv1d and Conv2d share: a weight that one or two axes of a window lead.
template <class T>
struct Convolution {
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("weight", weight), field("bias", bias); }

  Parameter<T> weight;  // [window..., in / groups, out]
  Parameter<T> bias;    // [out]; undefined if the layer was built without
  ConvolutionOptions options;

 protected:
  Convolution(const char* layer, Index in, Index out, const Shape& window, Generator& generator,
              const ConvOptions& options);
};

/// A convolution over sequences: [..., length, in] -> [..., places, out]; see convolution().
template <class T = float>
struct Conv1d : Convolution<T> {
  Conv1d(Index in, Index out, Index window, Generator& generator, const ConvOptions& options = {});
};

/// A convolution over images, channels last: [..., height, width, in] -> [..., places..., out]; see convolution(). The
/// window is {height, width}, or one number for both.
///
///     ebb::nn::Conv2d first(3, 64, 7, generator, {.stride = 2, .padding = 3});
template <class T = float>
struct Conv2d : Convolution<T> {
  Conv2d(Index in, Index out, const Shape& window, Generator& generator, const ConvOptions& options = {});
};

struct ConvTransposeOptions {
  Shape stride = 1;
  Shape padding = 0;
  Shape dilation = 1;
  Index groups = 1;
  Shape output_padding = 0;  ///< More places at the end of an axis; fewer than the stride.
  bool bias = true;          ///< Starts at 0.
  Init init = Init::kaiming_uniform();
};

/// What ConvTranspose1d and ConvTranspose2d share.
template <class T>
struct TransposedConvolution {
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("weight", weight), field("bias", bias); }

  Parameter<T> weight;  // [window..., out / groups, in]
  Parameter<T> bias;    // [out]; undefined if the layer was built without
  TransposedConvolutionOptions options;

 protected:
  TransposedConvolution(const char* layer, Index in, Index out, const Shape& window, Generator& generator,
                        const ConvTransposeOptions& options);
};

/// The way back of a strided Conv1d: [..., length, in] -> [..., places, out]; see transposed_convolution().
template <class T = float>
struct ConvTranspose1d : TransposedConvolution<T> {
  ConvTranspose1d(Index in, Index out, Index window, Generator& generator, const ConvTransposeOptions& options = {});
};

/// The way back of a strided Conv2d: [..., height, width, in] -> [..., places..., out]; see transposed_convolution().
template <class T = float>
struct ConvTranspose2d : TransposedConvolution<T> {
  ConvTranspose2d(Index in, Index out, const Shape& window, Generator& generator,
                  const ConvTransposeOptions& options = {});
};

#define EBB_DECLARE(T)                             \
  extern template struct Convolution<T>;           \
  extern template struct Conv1d<T>;                \
  extern template struct Conv2d<T>;                \
  extern template struct TransposedConvolution<T>; \
  extern template struct ConvTranspose1d<T>;       \
  extern template struct ConvTranspose2d<T>;
EBB_DECLARE(float)
EBB_DECLARE(double)
#undef EBB_DECLARE

}  // namespace nn
}  // namespace ebb
