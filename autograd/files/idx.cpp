#include "idx.hpp"

#include <fmt/format.h>

#include <array>

#include "../base/error.hpp"
#include "input_file.h"
#include "number_type.h"

// An IDX file: two zeros, a code for the type, the number of axes; an extent for each, in four bytes; and the numbers,
// in row-major order, all big-endian.
namespace ebb EBB_PUBLIC {

namespace {

using Bytes = std::array<unsigned char, 4>;

Bytes four_bytes(const InputFile& file, std::uint64_t offset) {
  Bytes bytes{};
  file.read(offset, bytes.data(), bytes.size());
  return bytes;
}

NumberType number_type_of(unsigned char code) {
  switch (code) {
    case 0x08:
      return NumberType::u8;
    case 0x09:
      return NumberType::i8;
    case 0x0b:
      return NumberType::i16;
    case 0x0c:
      return NumberType::i32;
    case 0x0d:
      return NumberType::f32;
    case 0x0e:
      return NumberType::f64;
    default:
      break;
  }
  throw Error(fmt::format("its type has the code {:#04x}, which the format does not know", code));
}

template <class T>
Array<T> read(const InputFile& file, ReadOptions options) {
  if (file.size() < sizeof(Bytes)) throw Error(fmt::format("it is no IDX file: it has {} bytes", file.size()));
  const auto [zero, zero_too, code, rank] = four_bytes(file, 0);
  if (zero == 0x1f && zero_too == 0x8b) throw Error("it is packed by gzip: unpack it with gunzip");
  if (zero != 0 || zero_too != 0) throw Error("it is no IDX file, which begins with two zeros");
  const NumberType type = number_type_of(code);
  const std::uint64_t begin = sizeof(Bytes) * (1 + std::uint64_t{rank});
  if (file.size() < begin) throw Error(fmt::format("it has {} axes and {} bytes: it is truncated", rank, file.size()));
  Shape shape;
  for (std::uint64_t axis = 0; axis < rank; ++axis) {
    const Bytes extent = four_bytes(file, sizeof(Bytes) * (1 + axis));
    shape.push_back(Index{extent[0]} << 24 | Index{extent[1]} << 16 | Index{extent[2]} << 8 | Index{extent[3]});
  }
  const std::uint64_t there = file.size() - begin, count = to_size(shape.size()), each = bytes_of(type);
  if (there % each != 0 || count != there / each)
    throw Error(fmt::format("its header says shape {}, {} values of {} bytes, but {} bytes follow", to_string(shape),
                            count, each, there));
  Array<T> x(shape);
  read_numbers(file, begin, type, x.size(), x.mutable_data(), options, ByteOrder::big);
  return x;
}

}  // namespace

template <class T>
Array<T> load_idx(const std::string& path, ReadOptions options) {
  try {
    return read<T>(InputFile(path), options);
  } catch (const Error& error) {
    throw Error(fmt::format("load_idx() cannot read '{}': {}", path, error.what()));
  }
}

template Array<float> load_idx(const std::string&, ReadOptions);
template Array<double> load_idx(const std::string&, ReadOptions);
template Array<std::int32_t> load_idx(const std::string&, ReadOptions);

}  // namespace ebb
