#pragma once

#include <span>
#include <string>
#include <string_view>

#include "../storage/shape.hpp"
#include "number_type.h"
#include "safetensors.hpp"

namespace ebb {

/// An array on its way into a file.
struct StoredArray {
  std::string name;
  NumberType type;
  Shape shape;
  std::string_view bytes;
};

/// The key and the texts that say in the metadata of a file how its matrices are laid out.
constexpr std::string_view format_key = "format", ebb_format = "ebb: matrices are [in, out]", pytorch_format = "pt";

/// Writes a safetensors file whole or not at all, its first value aligned to 8 bytes. Throws Error if a name or a text
/// is no UTF-8, or if the file cannot be written; an older file then stays as it was.
void write_stored_arrays(const std::string& path, std::span<const StoredArray> arrays,
                         const Safetensors::Metadata& metadata = {});

}  // namespace ebb
