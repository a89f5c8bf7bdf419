#include "saved_arrays.h"

#include <fmt/format.h>
#include <fmt/ranges.h>  // fmt::join, since fmt 11

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <string_view>
#include <type_traits>

#include "../autograd/base/error.hpp"
#include "../autograd/files/input_file.h"
#include "../autograd/files/safetensors.hpp"
#include "../autograd/files/write_safetensors.h"
#include "../ops/axes.h"
#include "../ops/ops.hpp"

namespace ebb::nn {

namespace {

using ebb::shown;

std::string shown(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < 5; ++i) list += (i > 0 ? ", " : "") + shown(names[i]);
  return names.size() <= 5 ? list : fmt::format("{} and {} more", list, names.size() - 5);
}

template <class T>
void check_names(std::span<const SavedArray<T>> arrays) {
  std::set<std::string_view> names;
  for (const auto& [name, parts, order] : arrays) {
    if (name.empty() || name == "__metadata__")
      throw Error(
          fmt::format("a parameter is named {}: list the parameters with parameters(model), which names them, "
                      "or by hand with list.add(parameter, name)",
                      shown(name)));
    if (!names.insert(name).second) throw Error(fmt::format("two parameters are named {}", shown(name)));
    for (const Parameter<T>& part : parts)
      if (!part.defined()) throw Error(fmt::format("the parameter {} is undefined", shown(name)));
  }
}

int to_int(Index axis) { return static_cast<int>(axis); }

/// The array as it is in the file.
template <class T>
Tensor<T> joined(const SavedArray<T>& array) {
  const NoRecording off;
  std::vector<Tensor<T>> parts;
  for (const Parameter<T>& part : array.parts)
    parts.push_back(array.order.rank() > 0 ? permute(part.value(), array.order) : part.value());
  return parts.size() == 1 ? parts[0] : concatenate(parts, 0);
}

template <class T>
Shape shape_in_file(const SavedArray<T>& array) {
  Index rows = 0;
  Shape shape;
  for (const Parameter<T>& part : array.parts) {
    shape = part.shape();
    for (int axis = 0; axis < array.order.rank(); ++axis)
      shape = shape.with(axis, part.shape().extent(to_int(array.order[axis])));
    if (array.parts.size() > 1) rows += shape[0];
  }
  return array.parts.size() > 1 ? shape.with(0, rows) : shape;
}

/// Undoes `joined`.
template <class T>
std::vector<Tensor<T>> parted(const Tensor<T>& x, const SavedArray<T>& array) {
  const NoRecording off;
  const Axes& order = array.order;
  const int axis = order.rank() > 0 ? to_int(order[0]) : 0;
  std::vector<Index> extents;
  for (const Parameter<T>& part : array.parts) extents.push_back(part.shape().rank() > 0 ? part.shape()[axis] : 1);
  std::vector<Tensor<T>> parts = array.parts.size() == 1 ? std::vector{x} : split(x, extents, 0);
  if (order.rank() > 0)
    for (Tensor<T>& part : parts) part = permute(part, inverse_order(order));
  return parts;
}

/// x as a float that rounds on to the half that is nearest to x: where it is no float, the one whose last bit is set
/// of the two around it ("rounding to odd", Boldo & Melquiond 2008).
template <class T>
float on_the_way_to_a_half(T x) {
  float nearest = static_cast<float>(x);
  if (static_cast<T>(nearest) == x || !std::isfinite(nearest)) return nearest;
  if (std::fabs(static_cast<T>(nearest)) > std::fabs(x)) nearest = std::nextafter(nearest, 0.0F);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(nearest) | 1U);
}

/// The numbers as numbers of 16 bits, little-endian.
template <class T>
std::string halves(const std::string& name, const Array<T>& x, SavedType type) {
  std::string bytes(to_size(x.size()) * sizeof(std::uint16_t), '\0');
  for (Index i = 0; i < x.size(); ++i) {
    const T number = x.data()[i];
    const float value = on_the_way_to_a_half(number);
    const std::uint16_t half = type == SavedType::f16 ? to_f16(value) : to_bf16(value);
    const std::uint16_t infinity = type == SavedType::f16 ? 0x7c00U : 0x7f80U;
    if ((half & 0x7fffU) == infinity && std::isfinite(number))
      throw Error(fmt::format("{} holds {}, and {}", shown(name), number,
                              type == SavedType::f16 ? "the largest number of F16 is 65504; BF16 has larger ones"
                                                     : "BF16 has no number near it"));
    bytes[2 * to_size(i)] = static_cast<char>(half & 0xff), bytes[2 * to_size(i) + 1] = static_cast<char>(half >> 8);
  }
  return bytes;
}

/// The matches between parameters and what a file holds.
struct Matches {
  std::vector<std::string> names;  // in the file, for each array; "" if it is not there
  LoadReport report;
};

template <class T>
Matches matches(const Safetensors::Entries& entries, std::span<const SavedArray<T>> arrays,
                const LoadOptions& options) {
  Matches matches;
  std::set<std::string_view> taken;
  for (const SavedArray<T>& array : arrays) {
    std::string name = options.rename ? options.rename(array.name) : array.name;
    const auto found = entries.find(name);
    if (array.parts.empty()) {
      if (found != entries.end()) taken.insert(found->first);
      name.clear();
    } else if (found != entries.end()) {
      if (!taken.insert(found->first).second)
        throw Error(fmt::format("two parameters are to be loaded from {}: {{.rename}} must give each its own name",
                                shown(name)));
      matches.report.loaded += array.parts.size();
    } else {
      matches.report.missing.push_back(std::exchange(name, ""));
    }
    matches.names.push_back(std::move(name));
  }
  for (const auto& [name, entry] : entries)
    if (!taken.contains(name)) matches.report.unexpected.push_back(name);
  return matches;
}

void check_allowed(const LoadReport& report, const LoadOptions& options) {
  std::string faults;
  if (!report.missing.empty() && !options.allow_missing) faults = "it lacks " + shown(report.missing);
  if (!report.unexpected.empty() && !options.allow_unexpected)
    faults += (faults.empty() ? "" : "; ") + ("it has what the parameters do not: " + shown(report.unexpected));
  if (!faults.empty())
    throw Error(
        faults +
        "; it takes a model of the same structure as the one that was saved, or {.rename = ...} for other names, "
        "{.allow_missing = true} or {.allow_unexpected = true} for a part");
  if (report.loaded == 0 && !report.missing.empty())
    throw Error(fmt::format("it holds none of the parameters; it lacks {}", shown(report.missing)));
}

/// True for a weight that has the same shape the other way round: a square matrix, a window of convolution as wide as
/// the output has channels.
bool fits_both_ways(const std::vector<std::uint64_t>& shape) {
  return shape.size() >= 2 && std::equal(shape.begin(), shape.end(), shape.rbegin()) &&
         std::any_of(shape.begin(), shape.end(), [](std::uint64_t extent) { return extent > 1; });
}

void check_fits(const std::string& name, const Safetensors::Entry& entry, const Shape& shape, bool known_layout) {
  if (entry.type != "F64" && entry.type != "F32" && entry.type != "F16" && entry.type != "BF16")
    throw Error(fmt::format("{} is of type {}, and parameters are made of F64, F32, F16 or BF16", shown(name),
                            shown(entry.type)));
  if (!std::equal(entry.shape.begin(), entry.shape.end(), shape.begin(), shape.end(),
                  [](std::uint64_t there, std::int32_t here) { return there == static_cast<std::uint64_t>(here); }))
    throw Error(fmt::format("{} has the shape [{}], and the parameter {}", shown(name), fmt::join(entry.shape, ", "),
                            to_string(shape)));
  if (!known_layout && fits_both_ways(entry.shape))
    throw Error(fmt::format(
        "{} has a shape, [{}], that fits the other way round too, and the file was not written by ebb: it may be [out, "
        "in], as PyTorch has it. For weights of PyTorch's use load_pytorch(path, model); if the file's weights are "
        "[in, "
        "out], say {{.in_by_out = true}}",
        shown(name), fmt::join(entry.shape, ", ")));
}

/// Throws Error unless the file's arrays are those that the parameters take.
template <class T>
void check_fits(const std::string& path, const Safetensors& file, std::span<const SavedArray<T>> arrays,
                const Matches& match, Layout layout, const LoadOptions& options) {
  const auto format = file.metadata().find(format_key);
  const bool from_ebb = format != file.metadata().end() && format->second == ebb_format;
  const bool known_layout = layout == Layout::pytorch || from_ebb || options.in_by_out;
  try {
    if (layout == Layout::pytorch && from_ebb)
      throw Error("its matrices are [in, out], as ebb's save() writes them: load it with load()");
    check_allowed(match.report, options);
    for (std::size_t i = 0; i < arrays.size(); ++i)
      if (const std::string& name = match.names[i]; !name.empty())
        check_fits(name, file.entries().find(name)->second, shape_in_file(arrays[i]), known_layout);
  } catch (const Error& error) {
    throw Error(fmt::format("'{}' does not fit: {}", path, error.what()));
  }
}

}  // namespace

template <class T>
void save_arrays(const std::string& path, std::span<const SavedArray<T>> arrays, Layout layout, SaveOptions options) {
  check_names(arrays);
  std::vector<StoredArray> stored;
  std::vector<Tensor<T>> values;  // for as long as their bytes are needed
  std::vector<std::string> rounded(arrays.size());
  for (const SavedArray<T>& array : arrays) {
    if (array.parts.empty()) continue;
    const Tensor<T>& x = values.emplace_back(joined(array));
    StoredArray each{array.name,
                     std::is_same_v<T, float> ? NumberType::f32 : NumberType::f64,
                     x.shape(),
                     {reinterpret_cast<const char*>(x.data()), to_size(x.size()) * sizeof(T)}};
    if (options.type != SavedType::own) {
      each.type = options.type == SavedType::f16 ? NumberType::f16 : NumberType::bf16;
      each.bytes = rounded[stored.size()] = halves(array.name, x.value(), options.type);
    }
    stored.push_back(std::move(each));
  }
  write_stored_arrays(path, stored,
                      {{std::string(format_key), std::string(layout == Layout::ebb ? ebb_format : pytorch_format)}});
}

template <class T>
LoadReport load_arrays(const std::string& path, std::span<SavedArray<T>> arrays, Layout layout,
                       const LoadOptions& options) {
  check_names<T>(arrays);
  const Safetensors file = read_safetensors(path);
  Matches match = matches<T>(file.entries(), arrays, options);
  check_fits<T>(path, file, arrays, match, layout, options);
  std::vector<std::vector<Tensor<T>>> values(arrays.size());
  for (std::size_t i = 0; i < arrays.size(); ++i)
    if (!match.names[i].empty())
      values[i] = parted<T>(file.read<T>(match.names[i], {.narrow = options.narrow}), arrays[i]);
  for (std::size_t i = 0; i < arrays.size(); ++i)
    for (std::size_t part = 0; part < values[i].size(); ++part) arrays[i].parts[part].set_value(values[i][part]);
  return std::move(match.report);
}

#define EBB_INSTANTIATE(T)                                                                            \
  template void save_arrays(const std::string&, std::span<const SavedArray<T>>, Layout, SaveOptions); \
  template LoadReport load_arrays(const std::string&, std::span<SavedArray<T>>, Layout, const LoadOptions&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::nn
