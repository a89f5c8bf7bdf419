#include "bundle.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "tape.hpp"
#include "xtensor.hpp"

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
find_package(xtl REQUIRED)
find_package(xtensor REQUIRED)
add_executable(repeat repeat.cpp)
target_link_libraries(repeat PRIVATE ebb::ebb xtensor)
)";

/// The program. It exits with 1 if the values are still not finite, so that a repair shows.
template <class T>
std::string program_text(const Event<T>& event, const std::string& reason) {
  const Record<T>& record = event.record;
  const bool backward = event.moment != Moment::value;
  std::string leaves, list;
  for (std::size_t k = 0; k < record.inputs.size(); ++k) {
    const std::string name = input_name(record, k);
    list += (k > 0 ? ", " : "") + name;
    if (name == fmt::format("x_{}", k))
      leaves += fmt::format("  const Tensor {0} = tape.watch(ebb::load_npy<T>(\"{0}.npy\"));\n", name);
  }
  std::string text = fmt::format(
      "// Repeats record {} ({}) of a tape, made at {}:{}.\n// {}.\n"
      "// To build: cmake -B build -D CMAKE_PREFIX_PATH=(where ebb is installed) && cmake --build build\n"
      "// To run, in this folder: build/repeat\n\n"
      "#include <cmath>\n#include <ebb/autograd/xtensor.hpp>\n#include <ebb/ebb.hpp>\n#include <ebb/ops/registry.hpp>\n"
      "#include <iostream>\n\nusing T = {};\nusing Tensor = ebb::Tensor<T>;\n\n"
      "int finite = 1;\n\nvoid show(const char* name, const Tensor& x) {{\n"
      "  std::cout << name << \" = \" << x << '\\n';\n"
      "  for (T value : x.value().values())\n    if (!std::isfinite(value)) finite = 0;\n}}\n\n"
      "int main() {{\n  ebb::Tape<T> tape({{.keep_all = true}});\n{}",
      record.slot.record, record.op->name, record.where.file(), record.where.line(), reason,
      std::is_same_v<T, float> ? "float" : "double", leaves);
  text += fmt::format("  ebb::Attributes attributes{};\n", attributes_text(record.attributes));
  if (record.attributes.payload != nullptr)
    text += "  // This op takes something that only its maker knows: attributes.payload = ...\n";
  text += fmt::format(
      "  const std::vector<Tensor> inputs{{{}}};\n"
      "  const Tensor y = ebb::apply<T>(ebb::find_op<T>(\"{}\"), inputs, std::move(attributes), "
      "ebb::SourceLocation::current());\n"
      "  show(\"y\", y);\n",
      list, record.op->name);
  if (backward)
    text +=
        "  ebb::Walk walk(tape, y, Tensor(ebb::load_npy<T>(\"dy.npy\")));\n  walk.step();\n"
        "  show(\"dy\", walk.incoming());\n"
        "  for (std::size_t k = 0; k < inputs.size(); ++k)\n    if (walk.outgoing(k).defined()) "
        "show(\"dx\", walk.outgoing(k));\n";
  return text + "  return finite ? 0 : 1;\n}\n";
}

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream out(path);
  out << text;
  out.close();
  if (!out) throw Error("cannot write " + path.string());
}

template <class T>
void write_files(const Event<T>& event, const std::string& reason, const fs::path& folder) {
  const Record<T>& record = event.record;
  const Tape<T>& tape = *Tape<T>::find(record.slot.tape);
  for (std::size_t k = 0; k < record.inputs.size(); ++k)
    save_npy((folder / (input_name(record, k) + ".npy")).string(), tape.input(record.slot.record, k));
  if (record.attributes.indices.defined()) save_npy((folder / "indices.npy").string(), record.attributes.indices);
  if (event.moment != Moment::value) save_npy((folder / "dy.npy").string(), tape.adjoint(record.slot.record));
  write_text(folder / "CMakeLists.txt", cmake_text);
  write_text(folder / "repeat.cpp", program_text(event, reason));
}

}  // namespace

template <class T>
std::string write_bundle(const Event<T>& event, const std::string& reason, const std::string& folder) {
  const Tape<T>* tape = Tape<T>::find(event.record.slot.tape);
  if (tape == nullptr || !tape->keeps_all())
    return "no bundle: only a Tape with {.keep_all = true} has all that it takes";
  try {
    if (fs::exists(folder) && !fs::is_empty(folder)) return "no bundle: " + folder + " exists, and is not empty";
    fs::create_directories(folder);
    write_files(event, reason, folder);
    return "what it takes to repeat it is in " + folder;
  } catch (const std::exception& error) {
    return fmt::format("no bundle in {}: {}", folder, error.what());
  }
}

template std::string write_bundle(const Event<float>&, const std::string&, const std::string&);
template std::string write_bundle(const Event<double>&, const std::string&, const std::string&);

}  // namespace ebb
