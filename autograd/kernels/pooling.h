#pragma once

#include <cstdint>

#include "windows.h"

namespace ebb::kernels {

/// For each place and channel the number within its image, of x[0] x[1], of the largest element that the window sees:
/// the first one where several are, or the first NaN.
template <class T>
void largest_in_windows(const Windows& windows, const T* x, std::int32_t* indices);

}  // namespace ebb::kernels
