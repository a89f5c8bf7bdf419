#include "bundle.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <filesystem>
#include <string_view>

#include "../base/type_name.h"
#include "../files/npy.hpp"
#include "../files/write_file.hpp"
#include "../tape.hpp"

namespace ebb {

namespace {

namespace fs = std::filesystem;

std::string number(double x) {
  if (std::isnan(x)) return "NAN";
  if (std::isinf(x)) return x < 0 ? "-INFINITY" : "INFINITY";
  return fmt::format("{:.17g}", x);
}

/// C++ for what the op was asked: "{.integers = {0, 1}, .numbers = {0.5, 0}}". Indices are read from their file.
std::string attributes_text(const Attributes& asked) {
  std::vector<std::string> parts;
  std::string integers;
  for (Index each : asked.integers) integers += fmt::format("{}{}", integers.empty() ? "" : ", ", each);
  if (!integers.empty()) parts.push_back(".integers = {" + integers + "}");
  if (asked.numbers != std::array<double, 2>{})
    parts.push_back(fmt::format(".numbers = {{{}, {}}}", number(asked.numbers[0]), number(asked.numbers[1])));
  if (asked.indices.defined()) parts.push_back(".indices = ebb::load_npy<std::int32_t>(\"indices.npy\")");
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
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
{leaves}  ebb::Attributes attributes{attributes};
{payload}  const std::vector<Tensor> inputs{{{inputs}}};
  const auto& op = ebb::find_op<T>("{op}");  // for an operation of your own, its Op instead
  const Tensor y = ebb::apply<T>(op, inputs, std::move(attributes), ebb::SourceLocation::current());
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
  return fmt::format(
      program_text, arg("number", record.slot.record), arg("op", record.op->name), arg("file", record.where.file()),
      arg("line", record.where.line()), arg("reason", reason), arg("type", type_name<T>), arg("leaves", leaves),
      arg("attributes", attributes_text(record.attributes)),
      arg("payload", record.attributes.payload == nullptr
                         ? ""
                         : "  // This op takes something that only its maker knows: attributes.payload = ...\n"),
      arg("inputs", inputs), arg("walk", event.kind == EventKind::value ? "" : walk_text));
}

/// Leaves are not called, checkpoints and sums of adjoints not by their inputs alone.
template <class T>
bool can_be_called(const Record<T>& record) {
  const std::string_view name = record.op->name;
  return record.op->forward != nullptr && name != "checkpoint" && name != "accumulate";
}

template <class T>
void write_files(const Event<T>& event, const std::string& reason, const fs::path& folder) {
  const Record<T>& record = event.record;
  const Tape<T>& tape = *Tape<T>::find(record.slot.tape);
  for (std::size_t k = 0; k < record.inputs.size(); ++k)
    save_npy((folder / (input_name(record, k) + ".npy")).string(), tape.input(record.slot.record, k));
  if (record.attributes.indices.defined()) save_npy((folder / "indices.npy").string(), record.attributes.indices);
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
  const fs::path unfinished = folder + ".part";
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
