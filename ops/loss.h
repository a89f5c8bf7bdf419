#pragma once

#include <string>

#include "loss.hpp"

// Shared by loss.cpp and cross_entropy.cpp. `loss` is the name that stands in messages.
namespace ebb {

std::string nothing_to_average(const Shape& shape);

/// The losses, their sum or their mean. Throws Error for the mean of none.
template <class T>
Tensor<T> reduced(const char* loss, const Tensor<T>& losses, Reduction reduction, SourceLocation at);

/// Throws Error unless the shapes are the same.
void check_same_shape(const char* loss, const char* what, const Shape& shape, const char* other_what,
                      const Shape& other, SourceLocation at);

/// Throws Error for a target outside [0, 1].
template <class T>
void check_shares(const char* loss, const Tensor<T>& targets, SourceLocation at);

/// a b, but 0 where a is 0 and b infinite.
template <class T>
Tensor<T> share_of(const Tensor<T>& a, const Tensor<T>& b, SourceLocation at);

}  // namespace ebb
