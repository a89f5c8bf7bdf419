#include "save.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>  // fmt::join, since fmt 11

#include <ostream>

#include "../autograd/base/error.hpp"
#include "saved_arrays.h"

namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

template <class T>
std::vector<SavedArray<T>> arrays_of(const ParameterList<T>& parameters) {
  std::vector<SavedArray<T>> arrays;
  for (const Parameter<T>& parameter : parameters) {
    arrays.push_back({parameter.name(), {}});
    arrays.back().parts.push_back(parameter.shared(parameter.name()));
  }
  return arrays;
}

}  // namespace

std::string to_string(const LoadReport& report) {
  std::string text = fmt::format("{} loaded", report.loaded);
  if (!report.missing.empty()) text += fmt::format("; missing: {}", fmt::join(report.missing, ", "));
  if (!report.unexpected.empty()) text += fmt::format("; unexpected: {}", fmt::join(report.unexpected, ", "));
  return text;
}

std::ostream& operator<<(std::ostream& out, const LoadReport& report) { return out << to_string(report); }

template <class T>
void save(const std::string& path, const ParameterList<T>& parameters, SaveOptions options) {
  try {
    save_arrays<T>(path, arrays_of(parameters), Layout::ebb, options);
  } catch (const Error& error) {
    throw Error(fmt::format("save(): {}", error.what()));
  }
}

template <class T>
LoadReport load(const std::string& path, ParameterList<T> parameters, const LoadOptions& options) {
  std::vector<SavedArray<T>> arrays = arrays_of(parameters);
  try {
    return load_arrays<T>(path, arrays, Layout::ebb, options);
  } catch (const Error& error) {
    throw Error(fmt::format("load(): {}", error.what()));
  }
}

#define EBB_INSTANTIATE(T)                                                      \
  template void save(const std::string&, const ParameterList<T>&, SaveOptions); \
  template LoadReport load(const std::string&, ParameterList<T>, const LoadOptions&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace nn
}  // namespace ebb
