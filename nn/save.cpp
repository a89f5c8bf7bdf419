#include "save.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>  // fmt::join, since fmt 11

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <type_traits>

#include "../autograd/base/error.hpp"
#include "../autograd/files/input_file.h"
#include "../autograd/files/safetensors.hpp"
#include "../autograd/files/write_safetensors.h"

namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

using ebb::shown;

std::string shown(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < 5; ++i) list += (i > 0 ? ", " : "") + shown(names[i]);
  return names.size() <= 5 ? list : fmt::format("{} and {} more", list, names.size() - 5);
}

template <class T>
void check_names(const ParameterList<T>& parameters) {
  std::set<std::string_view> names;
  for (const Parameter<T>& parameter : parameters) {
    const std::string& name = parameter.name();
    if (name.empty() || name == "__metadata__")
      throw Error(
          fmt::format("a parameter is named {}: list the parameters with parameters(model), which names them, "
                      "or by hand with list.add(parameter, name)",
                      shown(name)));
    if (!names.insert(name).second) throw Error(fmt::format("two parameters are named {}", shown(name)));
    if (!parameter.defined()) throw Error(fmt::format("the parameter {} is undefined", shown(name)));
  }
}

/// The values of a parameter as numbers of 16 bits.
template <class T>
std::string halves(const Parameter<T>& parameter, SavedType type) {
  const Tensor<T> x = parameter.value();
  std::string bytes(to_size(x.size()) * sizeof(std::uint16_t), '\0');
  for (Index i = 0; i < x.size(); ++i) {
    const float value = static_cast<float>(x.data()[i]);
    const std::uint16_t half = type == SavedType::f16 ? to_f16(value) : to_bf16(value);
    const bool infinite = type == SavedType::f16 ? (half & 0x7fffU) == 0x7c00U : (half & 0x7fffU) == 0x7f80U;
    if (infinite && std::isfinite(x.data()[i]))
      throw Error(fmt::format("{} holds {}, and {}", shown(parameter.name()), x.data()[i],
                              type == SavedType::f16 ? "the largest number of F16 is 65504; BF16 has larger ones"
                                                     : "BF16 has no number near it"));
    bytes[2 * to_size(i)] = static_cast<char>(half & 0xff), bytes[2 * to_size(i) + 1] = static_cast<char>(half >> 8);
  }
  return bytes;
}

/// The matches between parameters and what a file holds.
struct Matches {
  std::vector<std::string> names;  // in the file, for each parameter; "" if it is not there
  LoadReport report;
};

template <class T>
Matches matches(const Safetensors::Entries& entries, const ParameterList<T>& parameters, const LoadOptions& options) {
  Matches matches;
  std::set<std::string_view> taken;
  for (const Parameter<T>& parameter : parameters) {
    std::string name = options.rename ? options.rename(parameter.name()) : parameter.name();
    const auto found = entries.find(name);
    if (found != entries.end())
      taken.insert(found->first), ++matches.report.loaded;
    else
      matches.report.missing.push_back(std::exchange(name, ""));
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

bool is_square(const std::vector<std::uint64_t>& shape) {
  return shape.size() == 2 && shape[0] == shape[1] && shape[0] > 1;
}

template <class T>
void check_fits(const std::string& name, const Safetensors::Entry& entry, const Parameter<T>& parameter,
                bool known_layout) {
  if (entry.type != "F64" && entry.type != "F32" && entry.type != "F16" && entry.type != "BF16")
    throw Error(fmt::format("{} is of type {}, and parameters are made of F64, F32, F16 or BF16", shown(name),
                            shown(entry.type)));
  if (!std::equal(entry.shape.begin(), entry.shape.end(), parameter.shape().begin(), parameter.shape().end(),
                  [](std::uint64_t there, std::int32_t here) { return there == static_cast<std::uint64_t>(here); }))
    throw Error(fmt::format("{} has the shape [{}], and the parameter {}", shown(name), fmt::join(entry.shape, ", "),
                            to_string(parameter.shape())));
  if (!known_layout && is_square(entry.shape))
    throw Error(fmt::format(
        "{} is square, and the file was not written by ebb: it may be [out, in], as PyTorch has it. For weights of "
        "PyTorch's use load_pytorch(path, model); if the file's matrices are [in, out], say {{.in_by_out = true}}",
        shown(name)));
}

/// Throws Error unless the file's arrays are those that the parameters take.
template <class T>
void check_fits(const std::string& path, const Safetensors& file, const ParameterList<T>& parameters,
                const Matches& match, const LoadOptions& options) {
  const auto format = file.metadata().find(format_key);
  const bool known = options.in_by_out || (format != file.metadata().end() && format->second == ebb_format);
  try {
    check_allowed(match.report, options);
    for (std::size_t i = 0; i < parameters.size(); ++i)
      if (const std::string& name = match.names[i]; !name.empty())
        check_fits(name, file.entries().find(name)->second, parameters[i], known);
  } catch (const Error& error) {
    throw Error(fmt::format("'{}' does not fit: {}", path, error.what()));
  }
}

}  // namespace

template <class T>
void save(const std::string& path, const ParameterList<T>& parameters, SaveOptions options) {
  try {
    check_names(parameters);
    std::vector<StoredArray> arrays;
    std::vector<std::string> rounded(options.type == SavedType::own ? 0 : parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Parameter<T>& parameter = parameters[i];
      StoredArray array{
          parameter.name(),
          std::is_same_v<T, float> ? NumberType::f32 : NumberType::f64,
          parameter.shape(),
          {reinterpret_cast<const char*>(parameter.state().value.data()), to_size(parameter.size()) * sizeof(T)}};
      if (options.type != SavedType::own) {
        array.type = options.type == SavedType::f16 ? NumberType::f16 : NumberType::bf16;
        array.bytes = rounded[i] = halves(parameter, options.type);
      }
      arrays.push_back(std::move(array));
    }
    write_safetensors(path, arrays, {{std::string(format_key), std::string(ebb_format)}});
  } catch (const Error& error) {
    throw Error(fmt::format("save(): {}", error.what()));
  }
}

template <class T>
LoadReport load(const std::string& path, ParameterList<T> parameters, const LoadOptions& options) {
  try {
    check_names(parameters);
    const Safetensors file = read_safetensors(path);
    Matches match = matches(file.entries(), parameters, options);
    check_fits(path, file, parameters, match, options);
    std::vector<Array<T>> values(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i)
      if (!match.names[i].empty()) values[i] = file.read<T>(match.names[i], {.narrow = options.narrow});
    for (std::size_t i = 0; i < parameters.size(); ++i)
      if (values[i].defined()) parameters[i].set_value(std::move(values[i]));
    return std::move(match.report);
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
