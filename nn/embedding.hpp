#pragma once

#include "../autograd/parameter.hpp"
#include "init.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// A vector for each id: ids [...] -> [..., width].
template <class T = float>
struct Embedding {
  Embedding(Index count, Index width, Generator& generator, Init init = Init::normal(1));
  Tensor<T> operator()(const IntArray& ids, SourceLocation at = SourceLocation::current()) const;
  /// The way back, with the same table: x [..., width] -> how well each id fits, [..., count] (Press & Wolf 2017).
  /// Calls for a table with a standard deviation of about 1/sqrt(width).
  Tensor<T> logits(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("table", table); }

  Parameter<T> table;  // [count, width]
};

extern template struct Embedding<float>;
extern template struct Embedding<double>;

}  // namespace nn
}  // namespace ebb
