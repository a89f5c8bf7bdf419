#include "npy.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <optional>
#include <ostream>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../base/error.hpp"
#include "input_file.h"
#include "number_type.h"
#include "write_file.hpp"

namespace ebb EBB_PUBLIC {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t alignment = 64;  // of the values in the file

/// NumPy's name for T in this machine's byte order.
template <class T>
std::string type_name() {
  return fmt::format("{}{}{}", std::endian::native == std::endian::little ? '<' : '>',
                     std::is_integral_v<T> ? 'i' : 'f', sizeof(T));
}

template <class T>
std::string header_of(const Shape& shape) {
  std::string extents;  // of a Python tuple, which has a comma behind its only element
  for (Index extent : shape) extents += fmt::format("{}, ", extent);
  if (shape.rank() == 1) extents.pop_back();
  if (shape.rank() > 1) extents.resize(extents.size() - 2);
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type_name<T>(), extents);
  const std::size_t before = magic.size() + 4, used = before + text.size() + 1;
  text.append((alignment - used % alignment) % alignment, ' ') += '\n';
  // Format 1.0, whose length of two bytes is enough for eight axes.
  std::string header(magic);
  for (std::size_t byte : {std::size_t{1}, std::size_t{0}, text.size() & 0xff, text.size() >> 8})
    header += static_cast<char>(byte);
  return header + text;
}

struct Header {
  std::string type;
  bool fortran_order = false;
  Shape shape;
};

/// Reads the Python dictionary in a file's header, whose keys may come in any order.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view text) : rest_(text) {}

  Header read() {
    std::optional<std::string> type;
    std::optional<bool> fortran_order;
    std::optional<Shape> shape;
    expect("{");
    while (!take("}")) {
      const std::string key = quoted();
      expect(":");
      if (key == "descr" && !type)
        type = quoted();
      else if (key == "fortran_order" && !fortran_order)
        fortran_order = boolean();
      else if (key == "shape" && !shape)
        shape = tuple();
      else
        throw Error(
            fmt::format("its header has the key {}, which the format does not know, or one key twice", shown(key)));
      if (take(",")) continue;
      expect("}");
      break;
    }
    skip_space();
    if (!rest_.empty()) fail("nothing more");
    if (!type || !fortran_order || !shape) throw Error("its header lacks descr, fortran_order or shape");
    return {*type, *fortran_order, *shape};
  }

 private:
  [[noreturn]] void fail(std::string_view expected) const {
    throw Error(fmt::format("its header does not read like one of NumPy's: {} should stand {} bytes before its end",
                            expected, rest_.size()));
  }
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
  bool take(std::string_view word) {
    skip_space();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  void expect(std::string_view word) {
    if (!take(word)) fail(word);
  }
  std::string quoted() {
    const char quote = take("'") ? '\'' : '"';
    if (quote == '"' && !take("\"")) fail("a word in quotes (structured types are not read)");
    const std::size_t end = rest_.find(quote);
    if (end == std::string_view::npos) fail("a closing quote");
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return word;
  }
  bool boolean() {
    if (take("True")) return true;
    expect("False");
    return false;
  }
  Shape tuple() {
    Shape shape;
    expect("(");
    while (!take(")")) {
      skip_space();
      Index extent = -1;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (error != std::errc() || extent < 0) fail("an extent");
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      shape.push_back(extent);
      if (take(",")) continue;
      expect(")");
      break;
    }
    return shape;
  }

  std::string_view rest_;
};

/// Puts elements that stand in the order of Fortran, where the first axis runs fastest, into row-major order.
template <class T>
Array<T> from_fortran_order(const Array<T>& x) {
  const Shape& shape = x.shape();
  Array<T> y(shape);
  T* to = y.mutable_data();
  std::array<Index, Shape::max_rank> at{};
  for (Index i = 0; i < y.size(); ++i) {
    Index from = 0;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) from = from * shape[axis] + at[to_size(axis)];
    to[i] = x.data()[from];
    for (int axis = shape.rank() - 1; axis >= 0 && ++at[to_size(axis)] == shape[axis]; --axis) at[to_size(axis)] = 0;
  }
  return y;
}

struct StoredType {
  NumberType number;
  ByteOrder order;
};

/// The type that NumPy calls so: "<f4" is a little-endian float, ">i8" a big-endian integer of 64 bits.
StoredType stored_type(const std::string& name) {
  static constexpr std::pair<std::string_view, NumberType> types[]{
      {"b1", NumberType::boolean}, {"u1", NumberType::u8},  {"i1", NumberType::i8},  {"u2", NumberType::u16},
      {"i2", NumberType::i16},     {"f2", NumberType::f16}, {"u4", NumberType::u32}, {"i4", NumberType::i32},
      {"f4", NumberType::f32},     {"u8", NumberType::u64}, {"i8", NumberType::i64}, {"f8", NumberType::f64}};
  if (name.starts_with('<') || name.starts_with('|') || name.starts_with('>'))
    for (const auto& [known, number] : types)
      if (name.substr(1) == known) return {number, name[0] == '>' ? ByteOrder::big : ByteOrder::little};
  throw Error(
      fmt::format("it holds {}, and integers and fractions of 8 to 64 bits and bool are read; convert it in NumPy: "
                  "x.astype('<f4')",
                  shown(name)));
}

struct Start {
  Header header;
  std::uint64_t data_begin = 0;
};

Start read_start(const InputFile& file) {
  const auto check_room = [&](std::uint64_t bytes) {
    if (file.size() < bytes)
      throw Error(fmt::format("it is no .npy file, or a truncated one of {} bytes", file.size()));
  };
  std::array<char, 12> start{};  // magic, version, and the length of the header
  check_room(start.size());
  file.read(0, start.data(), start.size());
  if (!std::string_view(start.data(), start.size()).starts_with(magic)) throw Error("it is no .npy file");
  const auto byte = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(start[i])}; };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0)
    throw Error(fmt::format("it is of version {}.{} of the .npy format, and 1.0 to 3.0 are read", version, byte(7)));
  std::size_t length = byte(8) | byte(9) << 8, begin = 10;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24, begin = 12;
  check_room(begin + length);
  std::string text(length, ' ');
  file.read(begin, text.data(), length);
  const Header header = HeaderReader(text).read();
  const std::uint64_t there = file.size() - begin - length, count = to_size(header.shape.size());
  const std::uint64_t each = bytes_of(stored_type(header.type).number);
  if (there % each != 0 || count != there / each)
    throw Error(fmt::format("its header says shape {}, {} values of {} bytes, but {} bytes follow: it is {}",
                            to_string(header.shape), count, each, there,
                            count > there / each ? "truncated" : "no single array"));
  return {header, begin + length};
}

}  // namespace

template <class T>
void save_npy(const std::string& path, const Array<T>& x) {
  if (!x.defined()) throw Error(fmt::format("save_npy() cannot write '{}': the array or tensor is undefined", path));
  const std::string header = header_of<T>(x.shape());
  const std::array<std::string_view, 2> pieces{
      header, {reinterpret_cast<const char*>(x.data()), to_size(x.size()) * sizeof(T)}};
  try {
    write_file(path, pieces);
  } catch (const Error& error) {
    throw Error(fmt::format("save_npy() {}", error.what()));
  }
}

Npy::Npy(const std::string& path) : file_(std::make_shared<InputFile>(path)), path_(path) {
  Start start = read_start(*file_);
  type_ = std::move(start.header.type);
  shape_ = start.header.shape;
  fortran_order_ = start.header.fortran_order;
  data_begin_ = start.data_begin;
}

std::string to_string(const Npy& file) { return fmt::format("Npy{} of {}", to_string(file.shape()), file.type()); }

std::ostream& operator<<(std::ostream& out, const Npy& file) { return out << to_string(file); }

Npy read_npy(const std::string& path) {
  try {
    return Npy(path);
  } catch (const Error& error) {
    throw Error(fmt::format("cannot read '{}': {}", path, error.what()));
  }
}

template <class T>
Array<T> Npy::read(ReadOptions options) const {
  try {
    Array<T> x(shape_);
    const auto [number, order] = stored_type(type_);
    read_numbers(*file_, data_begin_, number, x.size(), x.mutable_data(), options, order);
    return fortran_order_ ? from_fortran_order(x) : x;
  } catch (const Error& error) {
    throw Error(fmt::format("cannot read '{}': {}", path_, error.what()));
  }
}

template <class T>
Array<T> Npy::rows(const IntArray& indices, ReadOptions options) const {
  try {
    if (shape_.rank() == 0) throw Error("it holds one number, and no rows");
    if (!indices.defined()) throw Error("the indices are undefined");
    if (fortran_order_ && shape_.rank() > 1)
      throw Error("it is in Fortran order, where the numbers of a row lie apart: save numpy.ascontiguousarray(x)");
    const auto [number, order] = stored_type(type_);
    const Shape row = shape_.without(0);
    Shape shape = indices.shape();
    for (Index extent : row) shape.push_back(extent);
    Array<T> x(shape);
    T* to = x.mutable_data();
    for (std::int32_t i : indices.values()) {
      if (i < 0 || i >= shape_[0]) throw Error(fmt::format("there is no row {} among its {}", i, shape_[0]));
      const std::uint64_t bytes = to_size(row.size()) * bytes_of(number);
      read_numbers(*file_, data_begin_ + bytes * static_cast<std::uint64_t>(i), number, row.size(), to, options, order);
      to += row.size();
    }
    return x;
  } catch (const Error& error) {
    throw Error(fmt::format("cannot read rows of '{}': {}", path_, error.what()));
  }
}

template <class T>
Array<T> load_npy(const std::string& path, ReadOptions options) {
  return read_npy(path).read<T>(options);
}

#define EBB_INSTANTIATE(T)                                         \
  template void save_npy(const std::string&, const Array<T>&);     \
  template Array<T> Npy::read(ReadOptions) const;                  \
  template Array<T> Npy::rows(const IntArray&, ReadOptions) const; \
  template Array<T> load_npy(const std::string&, ReadOptions);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)
EBB_INSTANTIATE(std::int32_t)

}  // namespace ebb
