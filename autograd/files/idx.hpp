#pragma once

#include <string>

#include "../base/visibility.hpp"
#include "../storage/array.hpp"
#include "read_options.hpp"

namespace ebb EBB_PUBLIC {

/// Reads an IDX file, the format of MNIST and its kin, unpacked, as numbers of type T (float, double or std::int32_t).
/// Throws Error if there is no such file, if it holds more or less than its header says, and for a number that T cannot
/// hold exactly, unless options.narrow rounds it. The format: http://yann.lecun.com/exdb/mnist.
///
///     const auto images = ebb::load_idx<float>("train-images-idx3-ubyte");  // [60000, 28, 28], 0 to 255
template <class T>
Array<T> load_idx(const std::string& path, ReadOptions options = {});

}  // namespace ebb
