#include "pytorch.hpp"

#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "saved_arrays.h"

namespace ebb {
namespace nn EBB_PUBLIC {

template <class T>
void save_pytorch(const std::string& path, const std::vector<SavedArray<T>>& arrays, SaveOptions options) {
  try {
    save_arrays<T>(path, arrays, Layout::pytorch, options);
  } catch (const Error& error) {
    throw Error(fmt::format("save_pytorch(): {}", error.what()));
  }
}

template <class T>
LoadReport load_pytorch(const std::string& path, std::vector<SavedArray<T>> arrays, const LoadOptions& options) {
  try {
    return load_arrays<T>(path, arrays, Layout::pytorch, options);
  } catch (const Error& error) {
    throw Error(fmt::format("load_pytorch(): {}", error.what()));
  }
}

#define EBB_INSTANTIATE(T)                                                                        \
  template void save_pytorch(const std::string&, const std::vector<SavedArray<T>>&, SaveOptions); \
  template LoadReport load_pytorch(const std::string&, std::vector<SavedArray<T>>, const LoadOptions&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace nn
}  // namespace ebb
