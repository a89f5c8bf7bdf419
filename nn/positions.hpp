#pragma once

#include "../autograd/parameter.hpp"
#include "init.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// Adds a learned vector for each position: x [..., length, width], with length up to `context`.
template <class T = float>
struct LearnedPositions {
  LearnedPositions(Index context, Index width, Generator& generator, Init init = Init::normal(1));
  /// The first row of x is position `first`. Throws Error if x goes beyond the context.
  Tensor<T> operator()(const Tensor<T>& x, Index first = 0, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("table", table); }

  Parameter<T> table;  // [context, width]
};

/// Adds sines and cosines of the position, with wavelengths from 2 pi up to 20000 pi. Element 2i at position p gets
/// sin(p / 10000^(2i / width)), element 2i + 1 the cosine of the same angle (Vaswani et al. 2017, section 3.5).
template <class T = float>
struct SinusoidalPositions {
  SinusoidalPositions(Index context, Index width);
  /// The first row of x is position `first`. Throws Error if x goes beyond the context.
  Tensor<T> operator()(const Tensor<T>& x, Index first = 0, SourceLocation at = SourceLocation::current()) const;
  void visit(auto&) const {}

  Tensor<T> table;  // [context, width]
};

extern template struct LearnedPositions<float>;
extern template struct LearnedPositions<double>;
extern template struct SinusoidalPositions<float>;
extern template struct SinusoidalPositions<double>;

}  // namespace nn
}  // namespace ebb
