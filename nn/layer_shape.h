#pragma once

#include <initializer_list>

#include "../autograd/storage/shape.hpp"

namespace ebb::nn {

/// The shape of a layer's weight. Throws Error, which names the layer, for sizes that no tensor can have.
Shape layer_shape(const char* layer, std::initializer_list<Index> sizes);

/// `epsilon`, for a layer that normalises. Throws Error, which names the layer, unless it is finite and at least 0.
double layer_epsilon(const char* layer, double epsilon);

}  // namespace ebb::nn
