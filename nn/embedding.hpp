#pragma once

#include "../autograd/parameter.hpp"
#include "init.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// A table of learned vectors, one for each id: ids [...] -> [..., width].
template <class T = float>
struct Embedding {
  Embedding(Index count, Index width, Generator& generator, Init init = Init::normal(1));
  Tensor<T> operator()(const IntArray& ids, SourceLocation at = SourceLocation::current()) const;
  /// The product of x with the vector of each id, which serves as a score of the id: [..., width] -> [..., count].
  /// Input and output of a model then share one table (Press & Wolf 2017); start it with a standard deviation of about
  /// 1 / sqrt(width).
  Tensor<T> logits(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("table", table); }

  Parameter<T> table;  // [count, width]
};

extern template struct Embedding<float>;
extern template struct Embedding<double>;

}  // namespace nn
}  // namespace ebb
