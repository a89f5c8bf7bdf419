#include "write_html.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "../base/type_name.h"
#include "../files/write_file.hpp"
#include "../inspect/held_memory.h"
#include "page_parts.h"
#include "tensor_digest.h"

namespace ebb EBB_PUBLIC {

namespace {

using Json = nlohmann::ordered_json;

/// Six digits are more than a page shows, and keep it small.
double rounded(double x) { return std::strtod(fmt::format("{:.6g}", x).c_str(), nullptr); }

/// Words and other things that many records share: each is written once and goes by its number.
class Numbered {
 public:
  template <class Make>
  std::size_t number(const std::string& key, Make make) {
    const auto [found, added] = numbers_.try_emplace(key, list_.size());
    if (added) list_.push_back(make());
    return found->second;
  }
  Json list() && { return std::move(list_); }

 private:
  std::unordered_map<std::string, std::size_t> numbers_;
  Json list_ = Json::array();
};

/// The lines of the user's files, as far as they can be read where the program runs.
class Sources {
 public:
  std::string line(const std::string& file, int number) {
    const auto [found, added] = files_.try_emplace(file);
    if (added) {
      std::ifstream in(file);
      for (std::string line; std::getline(in, line) && found->second.size() < most_lines;)
        found->second.push_back(trimmed(line));
    }
    const auto& lines = found->second;
    return number >= 1 && to_size(number) <= lines.size() ? lines[to_size(number - 1)] : std::string();
  }

 private:
  static constexpr std::size_t most_lines = 200'000, most_characters = 240;
  static std::string trimmed(const std::string& line) {
    const std::size_t first = line.find_first_not_of(" \t\r"), last = line.find_last_not_of(" \t\r");
    return first == std::string::npos ? "" : line.substr(first, std::min(last - first + 1, most_characters));
  }
  std::map<std::string, std::vector<std::string>> files_;
};

Json json_of(const Formula& formula) {
  Json json = {{"value", formula.value}, {"derivatives", Json::array()}, {"words", formula.words}};
  for (const char* derivative : formula.derivatives)
    if (derivative != nullptr) json["derivatives"].push_back(derivative);
  return json;
}

template <class T>
Json digest_json(const Array<T>& x, Index side) {
  const TensorDigest d = digest_of(x);
  Json json = Json::object();
  if (d.finite > 0)
    json = {{"min", rounded(d.min)},
            {"max", rounded(d.max)},
            {"mean", rounded(d.mean)},
            {"deviation", rounded(d.deviation)},
            {"norm", rounded(d.norm)}};
  if (d.non_finite > 0) json["non_finite"] = d.non_finite;
  if (d.zeros > 0) json["zeros"] = d.zeros;
  const TensorPicture p = picture_of(x, d, side);
  if (p.rows > 0)
    json["map"] = {p.rows, p.columns, rounded(p.low), rounded(p.high), p.cells};
  else if (!p.bins.empty())
    json["bins"] = p.bins;
  return json;
}

/// The data that the page's script reads. Missing keys mean: none, or not known.
template <class T>
Json tape_json(const Tape<T>& tape) {
  Numbered ops, scopes, places;
  Sources sources;
  const HeldMemory memory = memory_held_by(tape);
  const Index side = tape.size() <= 2000 ? 16 : 8;  // so that the page of a long tape stays small
  Json records = Json::array();
  for (Index i = 0; i < tape.size(); ++i) {
    const Record<T>& r = tape[i];
    const std::string file = r.where.file();
    const int line = r.where.line();
    Json json;
    json["op"] = ops.number(fmt::format("{}", fmt::ptr(r.op)), [&] {
      return Json{{"name", r.op->name}, {"formula", json_of(r.op->formula)}};
    });
    json["scope"] = scopes.number(*r.scope, [&] { return Json(*r.scope); });
    json["place"] = places.number(fmt::format("{}:{}", file, line), [&] {
      return Json{{"file", file}, {"line", line}, {"text", sources.line(file, line)}};
    });
    json["shape"] = std::vector<int>(r.shape.begin(), r.shape.end());
    for (std::size_t k = 0; k < r.inputs.size(); ++k) json["inputs"].push_back(r.inputs[k]);
    if (r.parameter != nullptr) json["name"] = parameter_name(r);
    for (const Attribute& attribute : r.attributes.list())
      json["attributes"].push_back(Json::array({attribute.name, attribute.text()}));
    if (r.output.defined()) json["value"] = digest_json(r.output.value(), side);
    if (const Tensor<T> adjoint = tape.adjoint(i); adjoint.defined())
      json["adjoint"] = digest_json(adjoint.value(), side);
    for (const Hold& hold : memory.holds[to_size(i)]) json["holds"].push_back(Json::array({hold.as, hold.buffer}));
    records.push_back(std::move(json));
  }
  Json buffers = Json::array();
  for (const HeldBuffer& buffer : memory.buffers)
    buffers.push_back(buffer.of_parameter ? Json::array({buffer.bytes, 1}) : Json::array({buffer.bytes}));
  return {{"format", "ebb tape"},
          {"version", 1},
          {"type", type_name<T>},
          {"element_bytes", sizeof(T)},
          {"walked", tape.walked()},
          {"keeps_all", tape.keeps_all()},
          {"heat_levels", heat_levels},
          {"ops", std::move(ops).list()},
          {"scopes", std::move(scopes).list()},
          {"places", std::move(places).list()},
          {"buffers", std::move(buffers)},
          {"records", std::move(records)}};
}

/// As text inside a script element: no name can end that element, and bytes that are no UTF-8 are marked as such.
std::string embedded(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (char c : text)
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  return safe;
}

}  // namespace

template <class T>
void write_html(const Tape<T>& tape, const std::string& path) {
  const std::string data = embedded(tape_json(tape));
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
