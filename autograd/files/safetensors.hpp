#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "../base/visibility.hpp"
#include "../storage/array.hpp"
#include "../tensor.hpp"
#include "read_options.hpp"

namespace ebb EBB_PUBLIC {

class InputFile;  // input_file.h

/// A safetensors file, opened for reading: it knows the names, types and shapes in the file, and reads values when they
/// are asked for, so that of a large file a part may be taken. Copies share the open file, and so may threads. The
/// format: https://github.com/huggingface/safetensors#format.
///
///     const auto file = ebb::read_safetensors("model.safetensors");
///     for (const auto& [name, entry] : file.entries()) std::cout << name << ' ' << entry.type << '\n';
///     const ebb::Tensor<float> weight = file.read<float>("head.weight");
class Safetensors {
 public:
  /// What the file says of one array.
  struct Entry {
    std::string type;  ///< "F32", "F16", "BF16", "F64", "I64", "BOOL", ...
    std::vector<std::uint64_t> shape;
    std::uint64_t begin = 0, end = 0;  ///< Its bytes, counted from the first value of the file.
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  using Metadata = std::map<std::string, std::string, std::less<>>;

  const Entries& entries() const { return contents_->entries; }
  /// The texts that stand beside the arrays.
  const Metadata& metadata() const { return contents_->metadata; }

  /// Reads the array of this name as numbers of type T (float, double or std::int32_t), whatever their type in the
  /// file. Throws Error if there is none, with the names that are similar, and for a number that T cannot hold exactly,
  /// unless options.narrow rounds it.
  template <class T>
  Array<T> read(std::string_view name, ReadOptions options = {}) const;
  /// Reads the bytes of the array of this name, as they are: for types that ebb has no arrays of.
  std::string bytes(std::string_view name) const;

 private:
  friend Safetensors read_safetensors(const std::string& path);
  struct Contents {
    std::string path;
    Entries entries;
    Metadata metadata;
    std::uint64_t data_begin;
  };

  explicit Safetensors(const std::string& path);
  const Entry& entry(std::string_view name) const;

  std::shared_ptr<const InputFile> file_;
  std::shared_ptr<const Contents> contents_;
};

/// Opens a file. Throws Error if there is none, or if it is no safetensors file, whole and undamaged. Takes time and
/// memory for its header alone.
Safetensors read_safetensors(const std::string& path);

/// A line for each array: name, type and shape, "head.weight  F32  [2, 3]"; then the texts of the metadata.
std::string to_string(const Safetensors& file);
std::ostream& operator<<(std::ostream& out, const Safetensors& file);

/// An array with the name that it is to have in a file: {"labels", labels}.
struct NamedArray {
  NamedArray(std::string name_, const Array<float>& x) : name(std::move(name_)), array(x) {}
  NamedArray(std::string name_, const Array<double>& x) : name(std::move(name_)), array(x) {}
  NamedArray(std::string name_, const IntArray& x) : name(std::move(name_)), array(x) {}
  template <class T>
  NamedArray(std::string name_, const Tensor<T>& x) : NamedArray(std::move(name_), x.value()) {}

  std::string name;
  std::variant<Array<float>, Array<double>, IntArray> array;
};

/// Writes arrays and tensors, each under its name and in its own type (F32, F64, I32), to a safetensors file, with
/// texts beside them. Throws Error if an array is undefined, if two have one name, if a name or a text is no UTF-8, or
/// if the file cannot be written; an older file then stays as it was. For the parameters of a model there is nn::save.
///
///     ebb::write_safetensors("data.safetensors", {{"inputs", x}, {"labels", labels}}, {{"source", "a survey"}});
void write_safetensors(const std::string& path, const std::vector<NamedArray>& arrays,
                       const Safetensors::Metadata& metadata = {});

}  // namespace ebb
