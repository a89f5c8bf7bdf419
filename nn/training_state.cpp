#include "training_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <sstream>

#include "../autograd/base/error.hpp"
#include "../autograd/files/input_file.h"
#include "../autograd/files/safetensors.hpp"
#include "../autograd/files/write_safetensors.h"

namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

using ebb::shown;

template <class T>
constexpr NumberType stored_type = NumberType::f64;
template <>
constexpr NumberType stored_type<float> = NumberType::f32;
template <>
constexpr NumberType stored_type<std::int32_t> = NumberType::i32;
template <>
constexpr NumberType stored_type<std::int64_t> = NumberType::i64;
template <>
constexpr NumberType stored_type<std::uint64_t> = NumberType::u64;

/// Collects the fields for a file.
class Writer final : public StateFields {
 public:
  void write(const std::string& path) {
    std::vector<StoredArray> arrays;
    for (const Stored& each : stored_) arrays.push_back({each.name, each.type, each.shape, each.bytes});
    texts_.emplace(format_key, ebb_format);
    write_stored_arrays(path, arrays, texts_);
  }

 private:
  struct Stored {
    std::string name;
    NumberType type;
    Shape shape;
    std::shared_ptr<const void> owner;  // of the bytes
    std::string_view bytes;
  };

  template <class T>
  void store(const T* data, const Shape& shape, std::shared_ptr<const void> owner) {
    claim();
    stored_.push_back({path(),
                       stored_type<T>,
                       shape,
                       std::move(owner),
                       {reinterpret_cast<const char*>(data), to_size(shape.size()) * sizeof(T)}});
  }
  template <class T>
  void store_one(T x) {
    const auto copy = std::make_shared<T>(x);
    store(copy.get(), {}, copy);
  }
  void store_text(std::string text) {
    claim();
    texts_.emplace(path(), std::move(text));
  }
  void claim() {
    if (path().empty() || path() == "__metadata__" || path() == format_key || !names_.insert(path()).second)
      throw Error(fmt::format("two fields of the state, or one and the file's own, are named {}", shown(path())));
  }
  template <class T>
  void store_array(const Array<T>& x) {
    if (!x.defined()) return;
    const auto handle = std::make_shared<Array<T>>(x);  // which shares the buffer
    store(handle->data(), x.shape(), handle);
  }

  void visit_integer(std::int64_t x, std::int64_t, std::int64_t, Set<std::int64_t>) override { store_one(x); }
  void visit_natural(std::uint64_t x, Set<std::uint64_t>) override { store_one(x); }
  void visit_number(double x, Set<double>) override { store_one(x); }
  void visit_numbers(const std::vector<double>& x, Set<std::vector<double>>) override {
    const auto copy = std::make_shared<std::vector<double>>(x);
    store(copy->data(), {x.size()}, copy);
  }
  void visit_text(const std::string& text, Set<std::string>) override { store_text(text); }
  void visit_names(const std::set<std::string>& names, Set<std::set<std::string>>) override {
    std::string lines;
    for (const std::string& name : names) {
      if (name.empty() || name.find('\n') != std::string::npos)
        throw Error(fmt::format(
            "a parameter is named {}, and a file lists names line by line: give it one by list.add(parameter, "
            "name)",
            shown(name)));
      lines += (lines.empty() ? "" : "\n") + name;
    }
    store_text(std::move(lines));
  }
  void visit_constant(const std::string& text) override { store_text(text); }
  void visit_gradient(const std::string& name) override {
    throw Error(
        fmt::format("parameter {} has a gradient, which the file would lose; save between two steps, after step() or "
                    "clear_gradients()",
                    shown(name)));
  }
  void visit_array(const Array<float>& x, const Shape*, bool, Set<Array<float>>) override { store_array(x); }
  void visit_array(const Array<double>& x, const Shape*, bool, Set<Array<double>>) override { store_array(x); }
  void visit_array(const IntArray& x, const Shape*, bool, Set<IntArray>) override { store_array(x); }

  std::set<std::string> names_;
  std::vector<Stored> stored_;
  Safetensors::Metadata texts_;
};

/// Reads the fields from a file; sets them once all are read.
class Reader final : public StateFields {
 public:
  explicit Reader(Safetensors file) : file_(std::move(file)) {}

  void set_all() {
    check_nothing_is_left();
    for (auto& set : sets_) set();
  }

 private:
  template <class X>
  void later(Set<X> set, X x) {
    sets_.push_back([set = std::move(set), x = std::move(x)]() mutable { set(std::move(x)); });  // without memory
  }
  const Safetensors::Entry* find(bool required) {
    const auto found = file_.entries().find(path());
    if (found != file_.entries().end()) return taken_.insert(path()), &found->second;
    if (required) throw Error(fmt::format("it does not hold {}", shown(path())));
    return nullptr;
  }
  const std::string& text() {
    const auto found = file_.metadata().find(path());
    if (found == file_.metadata().end()) throw Error(fmt::format("its metadata does not hold {}", shown(path())));
    return taken_.insert(path()), found->second;
  }
  void check_nothing_is_left() const {
    const auto check = [&](const std::string& name) {
      if (!taken_.contains(name))
        throw Error(fmt::format("it also holds {}, which the state does not list", shown(name)));
    };
    for (const auto& [name, entry] : file_.entries()) check(name);
    for (const auto& [name, text] : file_.metadata())
      if (name != format_key) check(name);
  }
  /// The numbers of a field with as many axes.
  template <class T>
  std::vector<T> numbers(std::size_t rank) {
    const Safetensors::Entry& entry = *find(true);
    const std::string bytes = file_.bytes(path());
    if (entry.type != name_of(stored_type<T>) || entry.shape.size() != rank || bytes.size() % sizeof(T) != 0 ||
        (rank == 0 && bytes.size() != sizeof(T)))
      throw Error(fmt::format("{} is no {} of type {}", shown(path()), rank == 0 ? "single number" : "row of numbers",
                              name_of(stored_type<T>)));
    std::vector<T> x(bytes.size() / sizeof(T));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(x.data()));
    return x;
  }
  template <class T>
  void read_array(const Shape* shape, bool required, Set<Array<T>> set) {
    const Safetensors::Entry* entry = find(required);
    if (entry == nullptr) return later(std::move(set), Array<T>());
    if (entry->type != name_of(stored_type<T>))
      throw Error(
          fmt::format("{} is of type {}, and not {}", shown(path()), shown(entry->type), name_of(stored_type<T>)));
    Array<T> x = file_.read<T>(path());
    if (shape != nullptr && !(x.shape() == *shape))
      throw Error(fmt::format("{} has the shape {}, and the state's {}", shown(path()), to_string(x.shape()),
                              to_string(*shape)));
    later(std::move(set), std::move(x));
  }

  void visit_integer(std::int64_t, std::int64_t least, std::int64_t most, Set<std::int64_t> set) override {
    const std::int64_t x = numbers<std::int64_t>(0)[0];
    if (x < least || x > most)
      throw Error(fmt::format("{} is {}, and must be from {} to {}", shown(path()), x, least, most));
    later(std::move(set), x);
  }
  void visit_natural(std::uint64_t, Set<std::uint64_t> set) override {
    later(std::move(set), numbers<std::uint64_t>(0)[0]);
  }
  void visit_number(double, Set<double> set) override { later(std::move(set), numbers<double>(0)[0]); }
  void visit_numbers(const std::vector<double>&, Set<std::vector<double>> set) override {
    later(std::move(set), numbers<double>(1));
  }
  void visit_text(const std::string&, Set<std::string> set) override { later(std::move(set), text()); }
  void visit_names(const std::set<std::string>&, Set<std::set<std::string>> set) override {
    std::set<std::string> names;
    std::istringstream lines(text());
    for (std::string name; std::getline(lines, name);) names.insert(name);
    later(std::move(set), std::move(names));
  }
  void visit_constant(const std::string& here) override {
    if (text() != here)
      throw Error(fmt::format("its {} is {}, and here it is {}", shown(path()), shown(text()), shown(here)));
  }
  void visit_gradient(const std::string&) override {}
  void visit_array(const Array<float>&, const Shape* shape, bool required, Set<Array<float>> set) override {
    read_array(shape, required, std::move(set));
  }
  void visit_array(const Array<double>&, const Shape* shape, bool required, Set<Array<double>> set) override {
    read_array(shape, required, std::move(set));
  }
  void visit_array(const IntArray&, const Shape* shape, bool required, Set<IntArray> set) override {
    read_array(shape, required, std::move(set));
  }

  Safetensors file_;
  std::set<std::string> taken_;
  std::vector<std::function<void()>> sets_;
};

}  // namespace

std::size_t StateFields::enter(std::string_view name) {
  const std::size_t outer = path_.size();
  if (!path_.empty()) path_ += '.';
  path_ += name;
  return outer;
}

template <class T>
void StateFields::visit_parameters(const ParameterList<T>& list) {
  std::set<std::string> frozen;
  for (const Parameter<T>& parameter : list)
    if (!parameter.trainable() && !parameter.is_buffer()) frozen.insert(parameter.name());
  const std::size_t outer = enter("frozen");
  visit_names(frozen, [handles = ParameterList<T>(list)](const std::set<std::string>& names) mutable {
    for (Parameter<T>& parameter : handles)
      if (!parameter.is_buffer()) parameter.set_trainable(!names.contains(parameter.name()));
  });
  path_.resize(outer);
  for (const Parameter<T>& parameter : list) {
    if (parameter.state().gradient.defined()) visit_gradient(parameter.name());
    const std::size_t inside = enter(parameter.name());
    const Shape shape = parameter.shape();
    const auto handle = std::make_shared<Parameter<T>>(parameter.shared());
    visit_array(parameter.state().value, &shape, true, [handle](Array<T> read) {
      handle->set_value(std::move(read));
      handle->clear_gradient();
    });
    path_.resize(inside);
  }
}

void save(const std::string& path, const TrainingState& state) {
  try {
    Writer writer;
    state.visit_state(writer);
    writer.write(path);
  } catch (const Error& error) {
    throw Error(fmt::format("save() cannot save a training: {}", error.what()));
  }
}

void load(const std::string& path, TrainingState& state) {
  const Safetensors file = read_safetensors(path);
  try {
    Reader reader(file);
    state.visit_state(reader);
    reader.set_all();
  } catch (const Error& error) {
    throw Error(fmt::format("load(): '{}' does not hold this training: {}", path, error.what()));
  }
}

bool resume(const std::string& path, TrainingState& state) {
  std::error_code error;
  if (std::filesystem::status(path, error).type() == std::filesystem::file_type::not_found) return false;
  load(path, state);
  return true;
}

template void StateFields::visit_parameters(const ParameterList<float>&);
template void StateFields::visit_parameters(const ParameterList<double>&);

}  // namespace nn
}  // namespace ebb
