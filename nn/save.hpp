#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The type of the numbers in a file of parameters: their own (F32 for float, F64 for double), or one of 16 bits, to
/// whose numbers they are rounded.
enum class SavedType { own, f16, bf16 };

struct SaveOptions {
  SavedType type = SavedType::own;
};

/// Writes the values, under the names of the parameters, to a safetensors file. A shared parameter is written once. The
/// metadata says that matrices are [in, out], which PyTorch's are not. Throws Error if a parameter has no name, if two
/// have the same one, if F16 has no number near a value (its largest is 65504), or if the file cannot be written; an
/// older file then stays as it was.
///
///     ebb::nn::save("model.safetensors", ebb::nn::parameters(model));
///     ebb::nn::load("model.safetensors", ebb::nn::parameters(model));
template <class T>
void save(const std::string& path, const ParameterList<T>& parameters, SaveOptions options = {});

/// The same for all parameters of a model.
template <class Model>
requires requires(const Model& model, ParameterVisitor<float>& visitor) { model.visit(visitor); }
void save(const std::string& path, const Model& model, SaveOptions options = {}) {
  save(path, parameters(model), options);
}

struct LoadOptions {
  std::function<std::string(std::string name)> rename = {};  ///< From a parameter's name to that in the file.
  bool allow_missing = false;     ///< A parameter that the file does not hold keeps its value.
  bool allow_unexpected = false;  ///< What else the file holds is passed over.
  bool narrow = false;            ///< Rounds F64 to float.
  bool in_by_out = false;         ///< The file's matrices are [in, out], although no ebb wrote it: see load_pytorch().
};

/// What `load` left out, where its options allow that.
struct LoadReport {
  std::size_t loaded = 0;               ///< The number of parameters that have a new value.
  std::vector<std::string> missing;     ///< The names that the file does not hold, after `rename`.
  std::vector<std::string> unexpected;  ///< The names that belong to no parameter.
};

/// "4 loaded; missing: head.weight, head.bias; unexpected: old.bias"
std::string to_string(const LoadReport& report);
std::ostream& operator<<(std::ostream& out, const LoadReport& report);

/// Sets the parameters to the values of a safetensors file: all of them, or none. Throws Error unless the file holds
/// these names, and no others, each with the parameter's shape, and with numbers that its type can hold (F16, BF16 and
/// F32 go into float and double). It refuses a weight from a file that ebb did not write if its shape, such as that of
/// a square matrix, fits the other way round too. Gradients stay as they are. Part of a model, from a file of the
/// whole:
///
///     ebb::nn::load("model.safetensors", ebb::nn::parameters(model.encoder),
///                   {.rename = [](std::string name) { return "encoder." + name; }, .allow_unexpected = true});
template <class T>
LoadReport load(const std::string& path, ParameterList<T> parameters, const LoadOptions& options = {});
/// The same for all parameters of a model.
template <class Model>
requires requires(const Model& model, ParameterVisitor<float>& visitor) { model.visit(visitor); }
LoadReport load(const std::string& path, const Model& model, const LoadOptions& options = {}) {
  return load(path, parameters(model), options);
}

}  // namespace nn
}  // namespace ebb
