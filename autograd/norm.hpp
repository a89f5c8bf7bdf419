#pragma once

#include "base/visibility.hpp"
#include "storage/array.hpp"

namespace ebb EBB_PUBLIC {

/// The Euclidean norm, summed in double, so that it neither overflows nor underflows on the way. NaN if an element is
/// NaN, else infinite if one is.
template <class T>
double norm_of(const Array<T>& x);

}  // namespace ebb
