#pragma once

#include <string>

#include "../autograd/base/visibility.hpp"
#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// Writes the values, under the names of the parameters, to a safetensors file: as F32 for float, as F64 for double. A
/// shared parameter is written once. The format: https://github.com/huggingface/safetensors#format. Throws Error if a
/// parameter has no name, if two have the same one, or if the file cannot be written; an older file then stays as it
/// was.
///
///     ebb::nn::save("model.safetensors", ebb::nn::parameters(model));
///     ebb::nn::load("model.safetensors", ebb::nn::parameters(model));
template <class T>
void save(const std::string& path, const ParameterList<T>& parameters);

/// Sets the parameters to the values of a safetensors file: all of them, or none. Throws Error unless the file holds
/// exactly these names, each with the parameter's shape and number type; a parameter of double takes F32 too. Gradients
/// stay as they are.
template <class T>
void load(const std::string& path, ParameterList<T> parameters);

}  // namespace nn
}  // namespace ebb
