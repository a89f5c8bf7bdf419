#pragma once

#include "windows.h"

// Raw loops of ops/convolution.cpp. The weight is [taps, channels / groups, out]: a matrix with a column for each
// output channel, of which each group has its share. The three functions are the three partial derivatives of one sum
// over x weight y. None depends on the number of threads.
namespace ebb::kernels {

struct ConvolutionShape : Windows {
  Index out, groups;

  Index weight_size() const { return taps() * channels / groups * out; }
};

/// y = the convolution of x with the weight, plus `bias` at each place unless it is null.
template <class T>
void convolve(const ConvolutionShape& shape, const T* x, const T* weight, const T* bias, T* y);
/// x = at each place what it gets from every y that saw it, times the weight, plus `bias` unless it is null.
template <class T>
void convolve_transposed(const ConvolutionShape& shape, const T* y, const T* weight, const T* bias, T* x);
/// weight = for each tap the sum over all places of what it sees, times y.
template <class T>
void convolve_weight(const ConvolutionShape& shape, const T* x, const T* y, T* weight);

}  // namespace ebb::kernels
