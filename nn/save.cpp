#include "save.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>  // fmt::join, since fmt 11

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../autograd/base/error.hpp"
#include "../autograd/files/input_file.h"
#include "../autograd/files/write_file.hpp"

// A safetensors file: the length of the header, in 8 bytes; the header, JSON; and the values of all tensors, without
// gaps. {"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}, where offsets count from the first
// value.
namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t length_bytes = 8, most_header_bytes = 100'000'000;  // the format's own limit
constexpr const char* metadata = "__metadata__";

/// The header's entry for one tensor.
struct Entry {
  std::string type;
  std::vector<std::uint64_t> shape;
  std::vector<std::uint64_t> offsets;  // where its values begin, and where they end
  std::uint64_t begin() const { return offsets[0]; }
  std::uint64_t end() const { return offsets[1]; }
};
using Entries = std::map<std::string, Entry>;

struct Contents {
  Entries entries;
  std::uint64_t data_begin = 0, data_bytes = 0;
};

using ebb::shown;

std::string shown(const std::vector<std::string_view>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < 5; ++i) list += (i > 0 ? ", " : "") + shown(names[i]);
  return names.size() <= 5 ? list : fmt::format("{} and {} more", list, names.size() - 5);
}

template <class T>
constexpr const char* dtype = std::is_same_v<T, float> ? "F32" : "F64";

template <class T>
void check_names(const ParameterList<T>& parameters) {
  if constexpr (std::endian::native != std::endian::little)
    throw Error("safetensors files are little-endian, and this machine is not");
  std::set<std::string_view> names;
  for (const Parameter<T>& parameter : parameters) {
    const std::string& name = parameter.name();
    if (name.empty() || name == metadata)
      throw Error(
          fmt::format("a parameter is named {}: list the parameters with parameters(model), which names them, "
                      "or by hand with list.add(parameter, name)",
                      shown(name)));
    if (!names.insert(name).second) throw Error(fmt::format("two parameters are named {}", shown(name)));
    if (!parameter.defined()) throw Error(fmt::format("the parameter {} is undefined", shown(name)));
  }
}

/// Reads the header part by part, as the parser comes to them. A tree of all of it would take many times its size, and
/// where memory runs out while one is destroyed, the process ends.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  Entries entries;

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) return come_to(Place::header);
    if (place_ != Place::header) refuse();
    if (name_ == metadata) return come_to(Place::texts);
    entry_ = {};
    fields_.clear();
    return come_to(Place::entry);
  }
  bool key(std::string& word) override {
    if (place_ == Place::texts) return true;
    const bool of_header = place_ == Place::header;
    if (of_header ? seen(word) : std::ranges::count(fields_, word) > 0)
      throw Error(fmt::format("its header has {} twice", shown(word)));
    if (of_header)
      name_ = word;
    else
      fields_.push_back(word);
    return of_header || fields_.size() <= 3 || refuse();
  }
  bool string(std::string& word) override {
    if (place_ == Place::texts) return true;
    if (!is_field("dtype")) refuse();
    entry_.type = word;
    return true;
  }
  bool start_array(std::size_t) override {
    numbers_ = is_field("shape") ? &entry_.shape : is_field("data_offsets") ? &entry_.offsets : nullptr;
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
      if (fields_.size() != 3 || entry_.offsets.size() != 2 || entry_.begin() > entry_.end()) refuse();
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
  Entry entry_;                                    // that is being read
  std::vector<std::string> fields_;                // of it, so far
  std::vector<std::uint64_t>* numbers_ = nullptr;  // where those of the array in hand go
  bool has_metadata_ = false;
};

Entries parse(const std::string& text) {
  // The parser would take a zero byte for the end.
  if (!text.starts_with('{') || text.find('\0') != std::string::npos) throw Error("it is no safetensors file");
  HeaderReader reader;
  Json::sax_parse(text, &reader);
  return std::move(reader.entries);
}

/// Each byte must belong to exactly one tensor.
void check_layout(const Contents& contents) {
  std::vector<const Entries::value_type*> order;
  for (const auto& each : contents.entries) order.push_back(&each);
  std::sort(order.begin(), order.end(),
            [](const auto* a, const auto* b) { return a->second.offsets < b->second.offsets; });
  std::uint64_t reached = 0;
  for (const auto* each : order) {
    const auto& [name, entry] = *each;
    if (entry.begin() != reached)
      throw Error(fmt::format("the values of {} begin at {}, where those before end at {}", shown(name), entry.begin(),
                              reached));
    reached = entry.end();
  }
  if (reached != contents.data_bytes)
    throw Error(fmt::format("its header says {} bytes of values, and {} follow: it is {}", reached, contents.data_bytes,
                            reached > contents.data_bytes ? "truncated" : "damaged"));
}

Contents read_contents(InputFile& file) {
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
  Contents contents;
  contents.data_begin = length_bytes + length;
  contents.data_bytes = file.size() - contents.data_begin;
  contents.entries = parse(text);
  check_layout(contents);
  return contents;
}

template <class T>
void check_same_names(const Entries& entries, const ParameterList<T>& parameters) {
  std::set<std::string_view> names;
  std::vector<std::string_view> missing, unexpected;
  for (const Parameter<T>& parameter : parameters) {
    names.insert(parameter.name());
    if (!entries.contains(parameter.name())) missing.push_back(parameter.name());
  }
  for (const auto& [name, entry] : entries)
    if (!names.contains(name)) unexpected.push_back(name);
  if (missing.empty() && unexpected.empty()) return;
  throw Error(fmt::format("{}{}{}{}{}; it takes a model of the same structure as the one that was saved",
                          missing.empty() ? "" : "it lacks ", shown(missing),
                          missing.empty() || unexpected.empty() ? "" : "; ",
                          unexpected.empty() ? "" : "it has what the parameters do not: ", shown(unexpected)));
}

template <class T>
void check_fits(const Entry& entry, const Parameter<T>& parameter) {
  const std::string name = shown(parameter.name());
  const bool widened = std::is_same_v<T, double> && entry.type == dtype<float>;
  if (entry.type != dtype<T> && !widened)
    throw Error(fmt::format(
        "{} is of type {}, and the parameter takes {}: {}", name, shown(entry.type),
        std::is_same_v<T, double> ? "F64 or F32" : "F32",
        entry.type == dtype<double> ? "load it into parameters of double, or convert the file" : "convert the file"));
  if (!std::equal(entry.shape.begin(), entry.shape.end(), parameter.shape().begin(), parameter.shape().end(),
                  [](std::uint64_t there, std::int32_t here) { return there == static_cast<std::uint64_t>(here); }))
    throw Error(fmt::format("{} has the shape [{}], and the parameter {}", name, fmt::join(entry.shape, ", "),
                            to_string(parameter.shape())));
  const std::uint64_t bytes = to_size(parameter.size()) * (widened ? sizeof(float) : sizeof(T));
  if (entry.end() - entry.begin() != bytes)
    throw Error(
        fmt::format("{} has {} bytes, and its shape and type take {}", name, entry.end() - entry.begin(), bytes));
}

template <class T>
Array<T> read_values(InputFile& file, std::uint64_t offset, const Entry& entry, const Shape& shape) {
  Array<T> x(shape);
  if constexpr (std::is_same_v<T, double>) {
    if (entry.type == dtype<float>) {
      const Array<float> narrow = read_values<float>(file, offset, entry, shape);
      std::copy_n(narrow.data(), narrow.size(), x.mutable_data());
      return x;
    }
  }
  file.read(offset + entry.begin(), x.mutable_data(), to_size(x.size()) * sizeof(T));
  return x;
}

}  // namespace

template <class T>
void save(const std::string& path, const ParameterList<T>& parameters) {
  try {
    check_names(parameters);
    std::string text;
    std::vector<std::string_view> pieces(1);
    std::uint64_t end = 0;
    for (const Parameter<T>& parameter : parameters) {
      const Tensor<T> x = parameter.value();
      pieces.emplace_back(reinterpret_cast<const char*>(x.data()), to_size(x.size()) * sizeof(T));
      const std::uint64_t begin = end;
      end += pieces.back().size();
      text += fmt::format(R"({}{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", text.empty() ? '{' : ',',
                          Json(parameter.name()).dump(), dtype<T>, fmt::join(x.shape(), ","), begin, end);
    }
    text += text.empty() ? "{}" : "}";
    text.append((alignof(double) - text.size() % alignof(double)) % alignof(double), ' ');  // so the values are aligned
    std::string start;
    for (std::uint64_t i = 0; i < length_bytes; ++i) start += static_cast<char>(text.size() >> 8 * i & 0xff);
    start += text;
    pieces.front() = start;
    write_file(path, pieces);
  } catch (const Json::exception&) {  // of the text in the header, only names come from outside
    throw Error("save(): the name of a parameter is no UTF-8");
  } catch (const Error& error) {
    throw Error(fmt::format("save(): {}", error.what()));
  }
}

template <class T>
void load(const std::string& path, ParameterList<T> parameters) {
  try {
    check_names(parameters);
    InputFile file(path);
    const Contents contents = read_contents(file);
    check_same_names(contents.entries, parameters);
    for (const Parameter<T>& parameter : parameters) check_fits(contents.entries.at(parameter.name()), parameter);
    std::vector<Array<T>> values;
    for (const Parameter<T>& parameter : parameters)
      values.push_back(
          read_values<T>(file, contents.data_begin, contents.entries.at(parameter.name()), parameter.shape()));
    for (std::size_t i = 0; i < values.size(); ++i) parameters[i].set_value(std::move(values[i]));
  } catch (const Error& error) {
    throw Error(fmt::format("load() cannot load '{}': {}", path, error.what()));
  }
}

#define EBB_INSTANTIATE(T)                                         \
  template void save(const std::string&, const ParameterList<T>&); \
  template void load(const std::string&, ParameterList<T>);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace nn
}  // namespace ebb
