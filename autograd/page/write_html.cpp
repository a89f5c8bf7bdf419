#include "write_html.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "../base/type_name.h"
#include "../files/input_file.h"
#include "../files/write_file.hpp"
#include "../inspect/held_memory.h"
#include "page_parts.h"
#include "tensor_digest.h"

namespace ebb EBB_PUBLIC {

namespace {

// The page's data is JSON, written as text at once: a tree of it would take many times its size, and where memory runs
// out while one is destroyed, the process ends.

/// A text as a JSON string inside a script element: no name can end that element, and bytes that are no UTF-8 are
/// marked as such.
std::string json_of(std::string_view text) {
  const std::string quoted = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string safe;
  for (char c : quoted)
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  return safe;
}

/// Six digits are more than a page shows, and keep it small.
std::string json_of(double x) { return std::isfinite(x) ? fmt::format("{:.6g}", x) : "null"; }

/// A JSON object or array, to which one member after the other is added.
class JsonText {
 public:
  explicit JsonText(char open) : text_(1, open) {}

  void add(std::string_view member) { text_.append(text_.size() > 1 ? "," : "") += member; }
  void add(const char* key, std::string_view value) { add(fmt::format("\"{}\":{}", key, value)); }
  bool empty() const { return text_.size() == 1; }
  std::string take() && {
    text_ += text_.front() == '{' ? '}' : ']';
    return std::move(text_);
  }

 private:
  std::string text_;
};

/// Adds an array, unless it is empty: keys that a page misses mean "none".
void add_unless_empty(JsonText& object, const char* key, JsonText array) {
  if (!array.empty()) object.add(key, std::move(array).take());
}

/// Words and other things that many records share: each is written once and goes by its number.
class Numbered {
 public:
  template <class Make>
  std::string number(const std::string& key, Make make) {
    const auto [found, added] = numbers_.try_emplace(key, numbers_.size());
    if (added) list_.add(make());
    return fmt::format("{}", found->second);
  }
  std::string list() && { return std::move(list_).take(); }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
  JsonText list_{'['};
};

/// The lines of the user's files, as far as they can be read where the program runs. The name of a file may be anything
/// (#line sets it), so that only regular ones are read, and not too much of them.
class Sources {
 public:
  std::string line(const std::string& file, int number) {
    const auto [found, added] = files_.try_emplace(file);
    if (added) found->second = lines_of(file);
    const auto& lines = found->second;
    return number >= 1 && to_size(number) <= lines.size() ? lines[to_size(number - 1)] : std::string();
  }

 private:
  static constexpr std::size_t most_bytes = std::size_t{1} << 24, most_lines = 200'000, most_characters = 240;

  static std::vector<std::string> lines_of(const std::string& path) {
    std::vector<std::string> lines;
    try {
      const std::string text = InputFile(path).text(most_bytes);
      for (std::size_t from = 0; from < text.size() && lines.size() < most_lines;) {
        const std::size_t to = std::min(text.find('\n', from), text.size());
        lines.push_back(trimmed(std::string_view(text).substr(from, to - from)));
        from = to + 1;
      }
    } catch (const Error&) {  // there is none: the page does without
    }
    return lines;
  }
  static std::string trimmed(std::string_view line) {
    const std::size_t first = line.find_first_not_of(" \t\r"), last = line.find_last_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return std::string(line.substr(first, std::min(last - first + 1, most_characters)));
  }

  std::map<std::string, std::vector<std::string>> files_;
};

template <class T>
std::string op_json(const Op<T>& op) {
  JsonText derivatives('['), formula('{'), json('{');
  for (const char* derivative : op.formula.derivatives)
    if (derivative != nullptr) derivatives.add(json_of(derivative));
  formula.add("value", json_of(op.formula.value));
  formula.add("derivatives", std::move(derivatives).take());
  formula.add("words", json_of(op.formula.words));
  json.add("name", json_of(op.name));
  json.add("formula", std::move(formula).take());
  return std::move(json).take();
}

template <class T>
std::string digest_json(const Array<T>& x, Index side) {
  const TensorDigest d = digest_of(x);
  JsonText json('{');
  if (d.finite > 0) {
    json.add("min", json_of(d.min));
    json.add("max", json_of(d.max));
    json.add("mean", json_of(d.mean));
    json.add("deviation", json_of(d.deviation));
    json.add("norm", json_of(d.norm));
  }
  if (d.non_finite > 0) json.add("non_finite", fmt::format("{}", d.non_finite));
  if (d.zeros > 0) json.add("zeros", fmt::format("{}", d.zeros));
  const TensorPicture p = picture_of(x, d, side);
  if (p.rows > 0)
    json.add("map", fmt::format("[{},{},{},{},\"{}\"]", p.rows, p.columns, json_of(p.low), json_of(p.high), p.cells));
  else if (!p.bins.empty())
    json.add("bins", fmt::format("[{}]", fmt::join(p.bins, ",")));
  return std::move(json).take();
}

/// What many records have in common.
struct Shared {
  Numbered ops, scopes, places;
  Sources sources;
};

std::string place_json(const SourceLocation& where, Sources& sources) {
  return fmt::format(R"({{"file":{},"line":{},"text":{}}})", json_of(where.file()), where.line(),
                     json_of(sources.line(where.file(), where.line())));
}

template <class T>
std::string record_json(const Tape<T>& tape, const Record<T>& r, const std::vector<Hold>& held, Shared& shared) {
  const Index side = tape.size() <= 2000 ? 16 : 8;  // so that the page of a long tape stays small
  JsonText json('{'), inputs('['), attributes('['), holds('[');
  for (std::size_t k = 0; k < r.inputs.size(); ++k) inputs.add(fmt::format("{}", r.inputs[k]));
  for (const Attribute& attribute : r.attributes.list())
    attributes.add(fmt::format("[{},{}]", json_of(attribute.name), json_of(attribute.text())));
  for (const Hold& hold : held) holds.add(fmt::format("[{},{}]", json_of(hold.as), hold.buffer));
  json.add("op", shared.ops.number(fmt::format("{}", fmt::ptr(r.op)), [&] { return op_json(*r.op); }));
  json.add("scope", shared.scopes.number(*r.scope, [&] { return json_of(*r.scope); }));
  json.add("place", shared.places.number(fmt::format("{}:{}", r.where.file(), r.where.line()),
                                         [&] { return place_json(r.where, shared.sources); }));
  json.add("shape", fmt::format("[{}]", fmt::join(r.shape, ",")));
  add_unless_empty(json, "inputs", std::move(inputs));
  if (r.parameter != nullptr) json.add("name", json_of(parameter_name(r)));
  add_unless_empty(json, "attributes", std::move(attributes));
  if (r.output.defined()) json.add("value", digest_json(r.output.value(), side));
  if (const Tensor<T> adjoint = tape.adjoint(r.slot.record); adjoint.defined())
    json.add("adjoint", digest_json(adjoint.value(), side));
  add_unless_empty(json, "holds", std::move(holds));
  return std::move(json).take();
}

/// The data that the page's script reads. Missing keys mean: none, or not known.
template <class T>
std::string tape_json(const Tape<T>& tape) {
  Shared shared;
  const HeldMemory memory = memory_held_by(tape);
  JsonText records('['), buffers('['), json('{');
  for (Index i = 0; i < tape.size(); ++i) records.add(record_json(tape, tape[i], memory.holds[to_size(i)], shared));
  for (const HeldBuffer& buffer : memory.buffers)
    buffers.add(fmt::format("[{}{}]", buffer.bytes, buffer.of_parameter ? ",1" : ""));
  json.add("format", R"("ebb tape")");
  json.add("version", "1");
  json.add("type", json_of(type_name<T>));
  json.add("element_bytes", fmt::format("{}", sizeof(T)));
  json.add("walked", tape.walked() ? "true" : "false");
  json.add("keeps_all", tape.keeps_all() ? "true" : "false");
  json.add("heat_levels", json_of(heat_levels));
  json.add("ops", std::move(shared.ops).list());
  json.add("scopes", std::move(shared.scopes).list());
  json.add("places", std::move(shared.places).list());
  json.add("buffers", std::move(buffers).take());
  json.add("records", std::move(records).take());
  return std::move(json).take();
}

}  // namespace

template <class T>
void write_html(const Tape<T>& tape, const std::string& path) {
  const std::string data = tape_json(tape);
  const std::string page = fmt::format(fmt::runtime(tape_page_html), fmt::arg("css", tape_page_css),
                                       fmt::arg("data", data), fmt::arg("js", tape_page_js));
  try {
    write_file(path, page);
  } catch (const Error& error) {
    throw Error(fmt::format("write_html() {}", error.what()));
  }
}

template void write_html(const Tape<float>&, const std::string&);
template void write_html(const Tape<double>&, const std::string&);

}  // namespace ebb
