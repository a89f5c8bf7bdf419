#include "safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <type_traits>
#include <utility>

#include "../base/error.hpp"
#include "../base/near_names.h"
#include "input_file.h"
#include "number_type.h"
#include "write_file.hpp"
#include "write_safetensors.h"

// A safetensors file: the length of the header, in 8 bytes; the header, JSON; and the values of all arrays, without
// gaps. {"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}, where offsets count from the first
// value.
namespace ebb EBB_PUBLIC {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t length_bytes = 8, most_header_bytes = 100'000'000;  // the format's own limit
constexpr const char* metadata = "__metadata__";

void check_byte_order() {
  if constexpr (std::endian::native != std::endian::little)
    throw Error("safetensors files are little-endian, and this machine is not");
}

/// Reads the header part by part, as the parser comes to them. A tree of all of it would take many times its size, and
/// where memory runs out while one is destroyed, the process ends.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  Safetensors::Entries entries;
  Safetensors::Metadata texts;

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) return come_to(Place::header);
    if (place_ != Place::header) refuse();
    if (name_ == metadata) return come_to(Place::texts);
    entry_ = {};
    offsets_.clear();
    fields_.clear();
    return come_to(Place::entry);
  }
  bool key(std::string& word) override {
    const bool of_header = place_ == Place::header, of_entry = place_ == Place::entry;
    if (of_header ? seen(word) : of_entry ? std::ranges::count(fields_, word) > 0 : texts.contains(word))
      throw Error(fmt::format("its header has {} twice", shown(word)));
    if (of_header)
      name_ = word;
    else if (of_entry)
      fields_.push_back(word);
    else
      text_ = word;
    return !of_entry || fields_.size() <= 3 || refuse();
  }
  bool string(std::string& word) override {
    if (place_ == Place::texts) return texts.emplace(text_, word).second;
    if (!is_field("dtype")) refuse();
    entry_.type = word;
    return true;
  }
  bool start_array(std::size_t) override {
    numbers_ = is_field("shape") ? &entry_.shape : is_field("data_offsets") ? &offsets_ : nullptr;
    return numbers_ != nullptr || refuse();
  }
  bool number_unsigned(std::uint64_t number) override {
    const bool full = numbers_ != nullptr && numbers_->size() == to_size(Shape::max_rank);
    if (full && numbers_ == &entry_.shape)
      throw Error(fmt::format("{} has more than {} axes", shown(name_), Shape::max_rank));
    if (full || numbers_ == nullptr) refuse();
    numbers_->push_back(number);
    return true;
  }
  bool end_array() override {
    numbers_ = nullptr;
    return true;
  }
  bool end_object() override {
    if (place_ == Place::texts) has_metadata_ = true;
    if (place_ == Place::header) return come_to(Place::outside);
    if (place_ == Place::entry) {
      if (fields_.size() != 3 || offsets_.size() != 2 || offsets_[0] > offsets_[1]) refuse();
      entry_.begin = offsets_[0], entry_.end = offsets_[1];
      entries.emplace(name_, std::move(entry_));
    }
    return come_to(Place::header);
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    throw Error("it is no safetensors file, or a damaged one: its header is no JSON");
  }

  // None of these has a place in a header.
  bool null() override { return refuse(); }
  bool boolean(bool) override { return refuse(); }
  bool number_integer(std::int64_t) override { return refuse(); }
  bool number_float(double, const std::string&) override { return refuse(); }
  bool binary(Json::binary_t&) override { return refuse(); }

 private:
  enum class Place { outside, header, texts, entry };

  bool come_to(Place place) {
    place_ = place;
    return true;
  }
  bool seen(const std::string& name) const { return name == metadata ? has_metadata_ : entries.contains(name); }
  /// Returns true if a value stands where that of this field of an entry is due.
  bool is_field(std::string_view name) const {
    return place_ == Place::entry && numbers_ == nullptr && fields_.back() == name;
  }
  [[noreturn]] bool refuse() const {
    if (name_ == metadata) throw Error(fmt::format("its {} is no list of texts", metadata));
    throw Error(
        fmt::format("its header says of {} something else than a dtype, a shape and two data_offsets", shown(name_)));
  }

  Place place_ = Place::outside;
  std::string name_;                               // of the entry
  Safetensors::Entry entry_;                       // that is being read
  std::vector<std::uint64_t> offsets_;             // where its values begin, and where they end
  std::vector<std::string> fields_;                // of it, so far
  std::string text_;                               // whose value is due
  std::vector<std::uint64_t>* numbers_ = nullptr;  // where those of the array in hand go
  bool has_metadata_ = false;
};

HeaderReader parse(const std::string& text) {
  // The parser would take a zero byte for the end.
  if (!text.starts_with('{') || text.find('\0') != std::string::npos) throw Error("it is no safetensors file");
  HeaderReader reader;
  Json::sax_parse(text, &reader);
  return reader;
}

/// Each byte must belong to exactly one tensor.
void check_layout(const Safetensors::Entries& entries, std::uint64_t data_bytes) {
  std::vector<const Safetensors::Entries::value_type*> order;
  for (const auto& each : entries) order.push_back(&each);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  std::uint64_t reached = 0;
  for (const auto* each : order) {
    const auto& [name, entry] = *each;
    if (entry.begin != reached)
      throw Error(
          fmt::format("the values of {} begin at {}, where those before end at {}", shown(name), entry.begin, reached));
    reached = entry.end;
  }
  if (reached != data_bytes)
    throw Error(fmt::format("its header says {} bytes of values, and {} follow: it is {}", reached, data_bytes,
                            reached > data_bytes ? "truncated" : "damaged"));
}

/// Returns the bytes of the header.
std::string header_of(const InputFile& file) {
  std::array<unsigned char, length_bytes> start{};
  if (file.size() < start.size()) throw Error(fmt::format("it is no safetensors file: it has {} bytes", file.size()));
  file.read(0, start.data(), start.size());
  std::uint64_t length = 0;
  for (std::size_t i = start.size(); i-- > 0;) length = length << 8 | start[i];
  if (length > most_header_bytes)
    throw Error(fmt::format("it is no safetensors file: its header would have {} bytes", length));
  if (length > file.size() - length_bytes)
    throw Error(fmt::format("its header has {} bytes, and {} follow: it is truncated, or no safetensors file", length,
                            file.size() - length_bytes));
  std::string text(length, ' ');
  file.read(length_bytes, text.data(), text.size());
  return text;
}

Shape shape_of(const Safetensors::Entry& entry) {
  Shape shape;
  for (std::uint64_t extent : entry.shape) {
    if (extent > INT32_MAX)
      throw Error(
          fmt::format("its shape is [{}], and an extent may be {} at most", fmt::join(entry.shape, ", "), INT32_MAX));
    shape.push_back(static_cast<Index>(extent));
  }
  return shape;
}

}  // namespace

Safetensors::Safetensors(const std::string& path) : file_(std::make_shared<InputFile>(path)) {
  check_byte_order();
  const std::string header = header_of(*file_);
  HeaderReader reader = parse(header);
  const std::uint64_t data_begin = length_bytes + header.size(), data_bytes = file_->size() - data_begin;
  check_layout(reader.entries, data_bytes);
  contents_ =
      std::make_shared<Contents>(Contents{path, std::move(reader.entries), std::move(reader.texts), data_begin});
}

Safetensors read_safetensors(const std::string& path) {
  try {
    return Safetensors(path);
  } catch (const Error& error) {
    throw Error(fmt::format("cannot read '{}': {}", path, error.what()));
  }
}

const Safetensors::Entry& Safetensors::entry(std::string_view name) const {
  if (const auto found = entries().find(name); found != entries().end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& [known, entry] : entries()) names.push_back(known);
  throw Error(fmt::format("'{}' holds no {} among its {} arrays{}", contents_->path, shown(name), names.size(),
                          near_names(name, names)));
}

template <class T>
Array<T> Safetensors::read(std::string_view name, ReadOptions options) const {
  const Entry& there = entry(name);
  try {
    const std::optional<NumberType> type = number_type(there.type);
    if (!type) throw Error(fmt::format("ebb does not read its type, {}", shown(there.type)));
    const Shape shape = shape_of(there);
    const std::uint64_t bytes = there.end - there.begin, each = bytes_of(*type);
    if (bytes % each != 0 || bytes / each != static_cast<std::uint64_t>(shape.size()))
      throw Error(fmt::format("it has {} bytes, and its shape and type take {} times {}", bytes, shape.size(), each));
    Array<T> x(shape);
    read_numbers(*file_, contents_->data_begin + there.begin, *type, x.size(), x.mutable_data(), options);
    return x;
  } catch (const Error& error) {
    throw Error(fmt::format("cannot read {} of '{}': {}", shown(name), contents_->path, error.what()));
  }
}

std::string Safetensors::bytes(std::string_view name) const {
  const Entry& there = entry(name);
  std::string bytes(there.end - there.begin, '\0');
  file_->read(contents_->data_begin + there.begin, bytes.data(), bytes.size());
  return bytes;
}

std::string to_string(const Safetensors& file) {
  std::size_t name_columns = 0, type_columns = 0;
  for (const auto& [name, entry] : file.entries()) {
    name_columns = std::max(name_columns, name.size());
    type_columns = std::max(type_columns, entry.type.size());
  }
  std::string text;
  for (const auto& [name, entry] : file.entries())
    text +=
        fmt::format("{:{}}  {:{}}  [{}]\n", name, name_columns, entry.type, type_columns, fmt::join(entry.shape, ", "));
  for (const auto& [key, value] : file.metadata()) text += fmt::format("{}: {}\n", key, value);
  return text;
}

std::ostream& operator<<(std::ostream& out, const Safetensors& file) { return out << to_string(file); }

void write_safetensors(const std::string& path, const std::vector<NamedArray>& arrays,
                       const Safetensors::Metadata& texts) try {
  std::vector<StoredArray> stored;
  std::set<std::string_view> names;
  for (const auto& [name, array] : arrays) {
    if (name == metadata) throw Error(fmt::format("no array can be named {}, which stands for the texts", metadata));
    if (!names.insert(name).second) throw Error(fmt::format("two arrays are named {}", shown(name)));
    const auto store = [&, &key = name](const auto& x) {
      using T = std::decay_t<decltype(*x.data())>;
      if (!x.defined()) throw Error(fmt::format("the array {} is undefined", shown(key)));
      stored.push_back({key,
                        std::is_same_v<T, float>    ? NumberType::f32
                        : std::is_same_v<T, double> ? NumberType::f64
                                                    : NumberType::i32,
                        x.shape(),
                        {reinterpret_cast<const char*>(x.data()), to_size(x.size()) * sizeof(T)}});
    };
    std::visit(store, array);
  }
  write_stored_arrays(path, stored, texts);
} catch (const Error& error) {
  throw Error(fmt::format("write_safetensors(): {}", error.what()));
}

#define EBB_INSTANTIATE(T) template Array<T> Safetensors::read(std::string_view, ReadOptions) const;
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)
EBB_INSTANTIATE(std::int32_t)

}  // namespace ebb

namespace ebb {  // not public

void write_stored_arrays(const std::string& path, std::span<const StoredArray> arrays,
                         const Safetensors::Metadata& texts) try {
  check_byte_order();
  std::string header = "{";
  const auto add = [&](std::string_view name, const std::string& value) {
    header += fmt::format("{}{}:{}", header.size() == 1 ? "" : ",", Json(name).dump(), value);
  };
  std::string metadata_text;
  for (const auto& [key, text] : texts)  // one by one: a tree of them could not be destroyed where memory runs out
    metadata_text += fmt::format("{}{}:{}", metadata_text.empty() ? "" : ",", Json(key).dump(), Json(text).dump());
  if (!texts.empty()) add(metadata, fmt::format("{{{}}}", metadata_text));
  std::vector<std::string_view> pieces(1);
  std::uint64_t begin = 0;
  for (const StoredArray& array : arrays) {
    const std::uint64_t end = begin + array.bytes.size();
    add(array.name, fmt::format(R"({{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", name_of(array.type),
                                fmt::join(array.shape, ","), begin, end));
    pieces.push_back(array.bytes);
    begin = end;
  }
  header += '}';
  header.append((alignof(double) - header.size() % alignof(double)) % alignof(double),
                ' ');  // so the values are aligned
  std::string start;
  for (std::uint64_t i = 0; i < length_bytes; ++i) start += static_cast<char>(header.size() >> 8 * i & 0xff);
  start += header;
  pieces.front() = start;
  write_file(path, pieces);
} catch (const Json::exception&) {  // of the text in the header, only names and texts come from outside
  throw Error("a name, or a text of the metadata, is no UTF-8");
}

}  // namespace ebb
