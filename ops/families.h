#pragma once

#include <vector>

#include "../autograd/op.hpp"

// What each family hands to ops/registry.cpp: its operations. They stand in anonymous namespaces, so that only the
// family's own file can list them.
namespace ebb {

template <class T>
using Family = std::vector<const Op<T>*>;

template <class T>
Family<T> activation_ops();
template <class T>
Family<T> arithmetic_ops();
template <class T>
Family<T> attention_ops();
template <class T>
Family<T> broadcast_ops();
template <class T>
Family<T> comparison_ops();
template <class T>
Family<T> cumulative_ops();
template <class T>
Family<T> dropout_ops();
template <class T>
Family<T> exponential_ops();
template <class T>
Family<T> indexing_ops();
template <class T>
Family<T> loss_ops();
template <class T>
Family<T> matmul_ops();
template <class T>
Family<T> normalization_ops();
template <class T>
Family<T> reduction_ops();
template <class T>
Family<T> shape_ops();
template <class T>
Family<T> slicing_ops();
template <class T>
Family<T> softmax_ops();
template <class T>
Family<T> trigonometric_ops();

/// The last line of a family's file, outside its namespace, which is public while this function is not:
/// EBB_FAMILY(dropout, &dropout_op<T>)
#define EBB_FAMILY(family, ...)           \
  namespace ebb {                         \
  template <class T>                      \
  Family<T> family##_ops() {              \
    return {__VA_ARGS__};                 \
  }                                       \
  template Family<float> family##_ops();  \
  template Family<double> family##_ops(); \
  }

}  // namespace ebb
