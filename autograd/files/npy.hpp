#pragma once

#include <string>

#include "../base/visibility.hpp"
#include "../tensor.hpp"

namespace ebb EBB_PUBLIC {

/// Writes a .npy file, for NumPy to read, with elements of the array's own type. Throws Error if that fails, and leaves
/// a file that was there before as it was.
template <class T>
void save_npy(const std::string& path, const Array<T>& x);
template <class T>
void save_npy(const std::string& path, const Tensor<T>& x) {
  save_npy(path, x.value());
}

/// Reads a .npy file whose elements are of type T (float, double or std::int32_t), in C or Fortran order. Throws Error
/// if there is no such file, if it holds another type, or if it holds more or less than its header says.
template <class T>
Array<T> load_npy(const std::string& path);

}  // namespace ebb
