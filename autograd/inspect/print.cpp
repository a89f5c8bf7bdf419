#include "print.hpp"

#include <fmt/format.h>

#include <ostream>
#include <string>
#include <vector>

#include "../base/type_name.h"
#include "../norm.hpp"
#include "byte_text.h"

namespace ebb EBB_PUBLIC {

namespace {

/// Writes the values below `axis` in nested braces, until `left` runs out.
template <class T>
void nest(const Array<T>& x, int axis, Index offset, Index stride, Index& left, std::string& out) {
  if (axis == x.rank()) {
    --left;
    if constexpr (std::is_floating_point_v<T>)
      out += fmt::format("{:.6g}", x.data()[offset]);
    else
      out += std::to_string(x.data()[offset]);
    return;
  }
  const Index extent = x.shape()[axis], below = stride / extent;
  out += '{';
  for (Index i = 0; i < extent; ++i) {
    if (i > 0) out += ", ";
    if (left <= 0) {
      out += "...";
      break;
    }
    nest(x, axis + 1, offset + i * below, below, left, out);
  }
  out += '}';
}

/// A type's name, then shape, place on the tape and values.
template <class T>
std::string described(const std::string& type, const Array<T>& x, const std::string& record, Index most) {
  if (!x.defined()) return type + " undefined";
  std::string values;
  if (x.size() > 0)
    nest(x, 0, 0, x.size(), most, values);
  else
    values = "{}";
  return fmt::format("{}{}{} {}", type, to_string(x.shape()), record, values);
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

template <class T>
Index bytes_saved(const Record<T>& record) {
  Index count = record.output.defined() ? record.output.size() : 0;
  for (std::size_t i = 0; i < record.saved.size(); ++i) count += record.saved[i].size();
  for (const Array<T>& array : record.cached) count += array.size();
  return count * static_cast<Index>(sizeof(T));
}

template <class T>
std::string inputs_of(const Record<T>& record) {
  if (record.parameter != nullptr) return parameter_name(record);
  std::string list;
  for (std::size_t i = 0; i < record.inputs.size(); ++i)
    list +=
        fmt::format("{}{}", i > 0 ? " " : "", record.inputs[i] >= 0 ? fmt::format("#{}", record.inputs[i]) : "const");
  return list;
}

}  // namespace

template <class T>
std::string to_string(const Array<T>& x, Index most) {
  if constexpr (std::is_same_v<Array<T>, IntArray>)
    return described("IntArray", x, "", most);
  else
    return described(fmt::format("Array<{}>", type_name<T>), x, "", most);
}

template <class T>
std::string to_string(const Tensor<T>& x, Index most) {
  return described(fmt::format("Tensor<{}>", type_name<T>), x.value(),
                   x.tracked() ? fmt::format(" #{}", x.slot().record) : "", most);
}

template <class T>
std::ostream& operator<<(std::ostream& out, const Array<T>& x) {
  return out << to_string(x);
}

template <class T>
std::ostream& operator<<(std::ostream& out, const Tensor<T>& x) {
  return out << to_string(x);
}

template <class T>
std::string to_string(const Tape<T>& tape) {
  using Row = std::array<std::string, 7>;
  std::vector<Row> rows{{"#", "op", "scope", "shape", "inputs", "saved", "line"}};
  for (Index i = 0; i < tape.size(); ++i) {
    const Record<T>& r = tape[i];
    rows.push_back({std::to_string(i), r.op->name, *r.scope, to_string(r.shape), inputs_of(r),
                    byte_text(bytes_saved(r)), to_string(r.where)});
  }
  std::array<std::size_t, 7> width{};
  for (const Row& row : rows)
    for (std::size_t column = 0; column < row.size(); ++column)
      width[column] = std::max(width[column], row[column].size());
  std::string text = fmt::format("tape {} of {}, {} records{}\n", tape.id(), type_name<T>, tape.size(),
                                 tape.walked() ? ", walked" : "");
  for (const Row& row : rows) {
    std::string line = fmt::format("{:>{}}", row[0], width[0]);
    for (std::size_t column = 1; column < row.size(); ++column)
      line += fmt::format("  {:<{}}", row[column], width[column]);
    text += line.erase(line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

template <class T>
std::ostream& operator<<(std::ostream& out, const Tape<T>& tape) {
  return out << to_string(tape);
}

template <class T>
std::string to_string(const Record<T>& record) {
  if (record.op == nullptr) return "no record";
  const std::string inputs = inputs_of(record);
  return fmt::format("#{} {}{}{} {}{}{}, {}", record.slot.record, record.op->name,
                     record.scope == nullptr || record.scope->empty() ? "" : " in ",
                     record.scope == nullptr ? "" : *record.scope, to_string(record.shape),
                     inputs.empty() ? "" : " of ", inputs, to_string(record.where));
}

template <class T>
std::ostream& operator<<(std::ostream& out, const Record<T>& record) {
  return out << to_string(record);
}

template <class T>
std::string to_string(const Parameter<T>& x, Index most) {
  const std::string type = fmt::format("Parameter<{}>", type_name<T>);
  if (!x.defined()) return type + " undefined";
  std::string text =
      described(x.name().empty() ? type : fmt::format("{} {}", type, x.name()), x.value().value(), "", most);
  if (x.is_buffer())
    text += ", a buffer";
  else if (!x.trainable())
    text += ", frozen";
  // That of some rows alone is 0 in the others.
  if (const Array<T>& held = x.state().gradient; held.defined())
    text += fmt::format(", gradient norm {:.6g}", norm_of(held));
  return text;
}

template <class T>
std::ostream& operator<<(std::ostream& out, const Parameter<T>& x) {
  return out << to_string(x);
}

std::string to_string(const SourceLocation& where) {
  return where.known() ? fmt::format("{}:{}", last_part(where.file()), where.line()) : "unknown";
}

std::ostream& operator<<(std::ostream& out, const SourceLocation& where) { return out << to_string(where); }

std::string to_string(const Key& key) { return fmt::format("Key{{{}, {}}}", key.seed, key.stream); }

std::ostream& operator<<(std::ostream& out, const Key& key) { return out << to_string(key); }

std::string to_string(const GradcheckReport& report) { return report.passed ? "passed" : report.message; }

std::ostream& operator<<(std::ostream& out, const GradcheckReport& report) { return out << to_string(report); }

std::string to_string(const MemoryStatistics& memory) {
  return fmt::format("{} in use, {} at the peak, {} free, {} blocks from the system",
                     byte_text(static_cast<Index>(memory.in_use)), byte_text(static_cast<Index>(memory.peak_in_use)),
                     byte_text(static_cast<Index>(memory.free)), memory.from_system);
}

std::ostream& operator<<(std::ostream& out, const MemoryStatistics& memory) { return out << to_string(memory); }

template <class T>
void print(const Tape<T>& tape) {
  fmt::print("{}", to_string(tape));
}

#define EBB_INSTANTIATE(T)                                               \
  template std::string to_string(const Tensor<T>&, Index);               \
  template std::string to_string(const Parameter<T>&, Index);            \
  template std::ostream& operator<<(std::ostream&, const Parameter<T>&); \
  template std::string to_string(const Record<T>&);                      \
  template std::ostream& operator<<(std::ostream&, const Record<T>&);    \
  template std::ostream& operator<<(std::ostream&, const Tape<T>&);      \
  template std::ostream& operator<<(std::ostream&, const Tensor<T>&);    \
  template std::string to_string(const Tape<T>&);                        \
  template void print(const Tape<T>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)
#undef EBB_INSTANTIATE
#define EBB_INSTANTIATE(T)                                \
  template std::string to_string(const Array<T>&, Index); \
  template std::ostream& operator<<(std::ostream&, const Array<T>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)
EBB_INSTANTIATE(std::int32_t)

}  // namespace ebb
