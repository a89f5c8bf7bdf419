#pragma once

#include <cstdint>

#include "../storage/shape.hpp"

// Raw loops of ops/indexing.cpp. An array is taken as [outer, extent, inner] around the axis that is indexed; the
// indices lie within its extent.
namespace ebb::kernels {

/// The place of the first index that is not within [0, extent), or -1.
Index first_outside(const std::int32_t* indices, Index count, Index extent);

/// y[o, j, :] = x[o, indices[j], :]
template <class T>
void gather(Index outer, Index extent, Index inner, const T* x, const std::int32_t* indices, Index count, T* y);
/// y[o, indices[j], :] += updates[o, j, :]. What goes to one place is summed a few updates at a time, and these in
/// double.
template <class T>
void scatter_add(Index outer, Index extent, Index inner, const T* updates, const std::int32_t* indices, Index count,
                 T* y);

/// y[o, j, i] = x[o, indices[o, j, i], i]
template <class T>
void take_along_axis(Index outer, Index extent, Index inner, const T* x, const std::int32_t* indices, Index count,
                     T* y);
/// y[o, indices[o, j, i], i] += updates[o, j, i]. What goes to one place is summed in double, unless it is a few.
template <class T>
void add_along_axis(Index outer, Index extent, Index inner, const T* updates, const std::int32_t* indices, Index count,
                    T* y);

}  // namespace ebb::kernels
