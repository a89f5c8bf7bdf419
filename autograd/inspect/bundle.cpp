#include "bundle.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <variant>

#include "../base/type_name.h"
#include "../engine_ops.h"
#include "../files/npy.hpp"
#include "../files/write_file.hpp"
#include "../tape.hpp"

namespace ebb {

namespace {

namespace fs = std::filesystem;

/// An attribute's value as C++. An IntArray is read from its file.
struct Code {
  const char* name;

  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(bool x) const { return x ? "true" : "false"; }
  std::string operator()(Index x) const { return fmt::format("{}", x); }
  std::string operator()(double x) const {
    if (std::isnan(x)) return "NAN";
    if (std::isinf(x)) return x < 0 ? "-INFINITY" : "INFINITY";
    return fmt::format("{:.17g}", x);
  }
  std::string operator()(const Shape& x) const { return fmt::format("ebb::Shape{{{}}}", fmt::join(x, ", ")); }
  std::string operator()(const IntArray&) const { return fmt::format("ebb::load_npy<std::int32_t>(\"{}.npy\")", name); }
  std::string operator()(const Key& x) const { return fmt::format("ebb::Key{{{}u, {}u}}", x.seed, x.stream); }
};

/// The lines that give the op its attributes.
template <class T>
std::string attributes_text(const Record<T>& record) {
  if (record.attributes.empty()) return "  ebb::Attributes attributes;\n";
  if (record.op->attributes == nullptr)
    return "  ebb::Attributes attributes;  // to be set: its Op does not make any\n";
  std::string lines = "  ebb::Attributes attributes = op.attributes();\n";
  for (const Attribute& attribute : record.attributes.list())
    lines += std::holds_alternative<std::monostate>(attribute.value)
                 ? fmt::format("  // The attribute \"{}\" is of a type that has no text.\n", attribute.name)
                 : fmt::format("  attributes.set(\"{}\", {});\n", attribute.name,
                               std::visit(Code{attribute.name}, attribute.value));
  return lines;
}

/// The file of an input. A record that takes one tensor twice has one file for it.
template <class T>
std::string input_name(const Record<T>& record, std::size_t k) {
  for (std::size_t first = 0; first < k; ++first)
    if (record.inputs[k] >= 0 && record.inputs[first] == record.inputs[k]) return input_name(record, first);
  return fmt::format("x_{}", k);
}

constexpr const char* cmake_text = R"(cmake_minimum_required(VERSION 3.25)
project(repeat LANGUAGES CXX)
find_package(ebb REQUIRED)
add_executable(repeat repeat.cpp)
target_link_libraries(repeat PRIVATE ebb::ebb)
)";

// The program. It exits with 1 as long as what it shows is not finite, so that a repair shows too.
constexpr const char* program_text = R"(// Repeats record {number} ({op}) of a tape, made at {file}:{line}.
// {reason}.
// To build: cmake -B build -D CMAKE_PREFIX_PATH=(where ebb is installed) && cmake --build build
// To run, in this folder: build/repeat

#include <cmath>
#include <ebb/ebb.hpp>
#include <ebb/ops/registry.hpp>
#include <iostream>

using T = {type};
using Tensor = ebb::Tensor<T>;

bool all_finite = true;

void show(const char* name, const Tensor& x) {{
  std::cout << name << " = " << x << '\n';
  for (T value : x.value().values())
    if (!std::isfinite(value)) all_finite = false;
}}

int main() {{
  ebb::Tape<T> tape({{.keep_all = true}});
{leaves}  const std::vector<Tensor> inputs{{{inputs}}};
  const auto& op = ebb::find_op<T>("{op}");  // for an operation of your own, its Op instead
{attributes}  const Tensor y = ebb::apply<T>(op, inputs, std::move(attributes), ebb::SourceLocation::current());
  show("y", y);
{walk}  return all_finite ? 0 : 1;
}}
)";

constexpr const char* walk_text = R"(
  ebb::Walk walk(tape, y, Tensor(ebb::load_npy<T>("dy.npy")));
  walk.step();
  show("dy", walk.incoming());
  for (std::size_t k = 0; k < inputs.size(); ++k)
    if (walk.outgoing(k).defined()) show("dx", walk.outgoing(k));
)";

template <class T>
std::string program(const Event<T>& event, const std::string& reason) {
  const Record<T>& record = event.record;
  std::string leaves, inputs;
  for (std::size_t k = 0; k < record.inputs.size(); ++k) {
    const std::string name = input_name(record, k);
    inputs += (k > 0 ? ", " : "") + name;
    if (name == fmt::format("x_{}", k))
      leaves += fmt::format("  const Tensor {0} = tape.watch(ebb::load_npy<T>(\"{0}.npy\"));\n", name);
  }
  using fmt::arg;
  return fmt::format(program_text, arg("number", record.slot.record), arg("op", record.op->name),
                     arg("file", record.where.file()), arg("line", record.where.line()), arg("reason", reason),
                     arg("type", type_name<T>), arg("leaves", leaves), arg("attributes", attributes_text(record)),
                     arg("inputs", inputs), arg("walk", event.kind == EventKind::value ? "" : walk_text));
}

/// Returns false for leaves, which are not called, and for checkpoints and sums of adjoints, which need more than their
/// inputs.
template <class T>
bool can_be_called(const Record<T>& record) {
  return record.op->forward != nullptr && !is_checkpoint(*record.op) && !is_accumulation(*record.op);
}

template <class T>
void write_files(const Event<T>& event, const std::string& reason, const fs::path& folder) {
  const Record<T>& record = event.record;
  const Tape<T>& tape = *Tape<T>::find(record.slot.tape);
  for (std::size_t k = 0; k < record.inputs.size(); ++k)
    save_npy((folder / (input_name(record, k) + ".npy")).string(), tape.input(record.slot.record, k));
  for (const Attribute& attribute : record.attributes.list())
    if (const auto* array = std::get_if<IntArray>(&attribute.value))
      save_npy((folder / (std::string(attribute.name) + ".npy")).string(), *array);
  if (event.kind != EventKind::value) save_npy((folder / "dy.npy").string(), tape.adjoint(record.slot.record));
  write_file((folder / "CMakeLists.txt").string(), cmake_text);
  write_file((folder / "repeat.cpp").string(), program(event, reason));
}

}  // namespace

template <class T>
std::string write_bundle(const Event<T>& event, const std::string& reason, const std::string& folder) {
  const Tape<T>* tape = Tape<T>::find(event.record.slot.tape);
  if (tape == nullptr || !tape->keeps_all())
    return "no bundle: only a Tape with {.keep_all = true} has all that it takes";
  if (!can_be_called(event.record)) return fmt::format("no bundle: {} is no operation to call", event.record.op->name);
  const fs::path unfinished = fmt::format("{}.{}.part", folder, ::getpid());
  try {
    if (fs::exists(folder) && !fs::is_empty(folder)) return "no bundle: " + folder + " exists, and is not empty";
    if (fs::exists(unfinished)) return "no bundle: " + unfinished.string() + " is in the way";
    fs::create_directories(unfinished);
    write_files(event, reason, unfinished);
    fs::rename(unfinished, folder);
    return "what it takes to repeat it is in " + folder;
  } catch (const std::exception& error) {
    std::error_code ignored;
    fs::remove_all(unfinished, ignored);
    return fmt::format("no bundle in {}: {}", folder, error.what());
  }
}

template std::string write_bundle(const Event<float>&, const std::string&, const std::string&);
template std::string write_bundle(const Event<double>&, const std::string&, const std::string&);

}  // namespace ebb
