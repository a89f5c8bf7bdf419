#pragma once

#include <span>
#include <string>

#include "pytorch.hpp"
#include "save.hpp"

namespace ebb::nn {

/// The layout of the matrices in a file: [in, out], or [out, in].
enum class Layout { ebb, pytorch };

/// Writes the arrays, each made of its parameters, and the layout's name. Throws Error as `save` does.
template <class T>
void save_arrays(const std::string& path, std::span<const SavedArray<T>> arrays, Layout layout, SaveOptions options);

/// Sets the parameters from the arrays of a file. Throws Error as `load` does, and for a file that says that it has the
/// other layout.
template <class T>
LoadReport load_arrays(const std::string& path, std::span<SavedArray<T>> arrays, Layout layout,
                       const LoadOptions& options);

}  // namespace ebb::nn
