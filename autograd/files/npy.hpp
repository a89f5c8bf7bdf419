#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>

#include "../base/visibility.hpp"
#include "../tensor.hpp"
#include "read_options.hpp"

namespace ebb EBB_PUBLIC {

class InputFile;  // input_file.h

/// Writes a .npy file, for NumPy to read, with elements of the array's own type. Throws Error if that fails, and leaves
/// a file that was there before as it was.
template <class T>
void save_npy(const std::string& path, const Array<T>& x);
template <class T>
void save_npy(const std::string& path, const Tensor<T>& x) {
  save_npy(path, x.value());
}

/// A .npy file, opened for reading: it knows its shape and type, and reads values when they are asked for, so that rows
/// of a file larger than memory may be taken. Copies share the open file, and so may threads.
///
///     const auto images = ebb::read_npy("images.npy");  // [70000, 28, 28] of bytes
///     const ebb::Tensor<float> batch = images.rows<float>(batches(step));
class Npy {
 public:
  const Shape& shape() const { return shape_; }
  /// NumPy's name for the type of its numbers: "<f4", "|u1", "<i8".
  const std::string& type() const { return type_; }

  /// Reads all of it as numbers of type T (float, double or std::int32_t), whatever their type in the file, in
  /// row-major order. Throws Error for a number that T cannot hold exactly, unless options.narrow rounds it.
  template <class T>
  Array<T> read(ReadOptions options = {}) const;
  /// Reads the slices of the first axis that have these indices: the axis is replaced by those of `indices`. Throws
  /// Error for an index out of range, and for a file in Fortran order, where the numbers of a row lie apart.
  template <class T>
  Array<T> rows(const IntArray& indices, ReadOptions options = {}) const;

 private:
  friend Npy read_npy(const std::string& path);
  explicit Npy(const std::string& path);

  std::shared_ptr<const InputFile> file_;
  std::string path_, type_;
  Shape shape_;
  bool fortran_order_ = false;
  std::uint64_t data_begin_ = 0;
};

/// Opens a file. Throws Error if there is none, if it holds no numbers that are read (complex ones, texts, structures),
/// or more or less than its header says.
Npy read_npy(const std::string& path);

/// "Npy[70000, 28, 28] of |u1"
std::string to_string(const Npy& file);
std::ostream& operator<<(std::ostream& out, const Npy& file);

/// Reads a .npy file whole, as `Npy::read`.
template <class T>
Array<T> load_npy(const std::string& path, ReadOptions options = {});

}  // namespace ebb
