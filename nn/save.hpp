#pragma once

#include <string>

#include "../autograd/base/visibility.hpp"
#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// Writes the values under their names as a safetensors file, of type F32 or F64 as T is; shared ones stand there once.
/// The format: https://github.com/huggingface/safetensors#format. Throws Error if a name is missing or taken twice, or
/// if the file cannot be written; one that was there before then stays as it was.
///
///     ebb::nn::save("model.safetensors", ebb::nn::parameters(model));
///     ebb::nn::load("model.safetensors", ebb::nn::parameters(model));
template <class T>
void save(const std::string& path, const ParameterList<T>& parameters);

/// Sets the parameters to the values of a safetensors file: all, or none. Throws Error unless the file holds exactly
/// these names, each of the parameter's shape and of its type; float values (F32) may go into double parameters, as
/// they are. Whatever else a parameter has, its gradient among it, stays.
template <class T>
void load(const std::string& path, ParameterList<T> parameters);

}  // namespace nn
}  // namespace ebb
