#include "detail.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "memory.hpp"

namespace step {

namespace {

/// Returns the letter that the formula has for this input: "x" in "dx = dy cos(x)".
std::string symbol(const Record& record, std::size_t input) {
  const char* text = ebb::derivative_of(record.op->formula, input);
  if (text == nullptr) return fmt::format("x_{}", input);
  const std::string_view derivative = text;
  return std::string(derivative.substr(1, derivative.find(' ') - 1));
}

/// Returns the letter that the formula has for the value.
std::string value_symbol(const Record& record) {
  const std::string_view value = record.op->formula.value;
  return value.empty() ? "y" : std::string(value.substr(0, value.find(' ')));
}

/// Collects lines: texts, and tensors with a symbol and a place in front of their rows.
class Details {
 public:
  Details(std::size_t width, Amount amount) : width_(width), amount_(amount) {}

  void text(const std::string& words, Style style = Style::plain, std::size_t indent = 0) {
    for (std::string& line : wrap(words, width_, indent)) lines_.push_back({{std::move(line), style}});
  }
  void words(const std::string& words) {
    if (!amount_.words || words.empty()) return;
    gap();
    text(words, Style::faint);
  }
  void gap() {
    if (amount_.gaps) lines_.emplace_back();
  }
  void input(const std::string& symbol, const std::string& place, const Tensor& x) {
    tensor(symbol, place, x, Style::value, amount_.input_rows);
  }
  void value(const std::string& symbol, const std::string& place, const Tensor& x) {
    tensor(symbol, place, x, Style::value, amount_.rows);
  }
  void gradient(const std::string& symbol, const std::string& place, const Tensor& x) {
    tensor(symbol, place, x, Style::gradient, amount_.rows);
  }
  std::vector<Line> take() { return std::move(lines_); }

 private:
  void tensor(const std::string& symbol, const std::string& place, const Tensor& x, Style style, std::size_t most) {
    std::vector<std::string> rows = rows_of(x);
    if (rows.size() > most) {
      rows.resize(std::max<std::size_t>(most, 2) - 1);
      if (most > 1)
        rows.push_back(" ...");
      else
        rows.back() += " ...";
    }
    for (std::size_t i = 0; i < rows.size(); ++i)
      lines_.push_back({{fmt::format("{:<6}", i == 0 ? symbol : ""), Style::strong},
                        {fmt::format("{:<9}", i == 0 ? place : "")},
                        {rows[i], style}});
  }

  std::size_t width_;
  Amount amount_;
  std::vector<Line> lines_;
};

bool is_leaf(const Record& record) { return record.op->backward == nullptr; }

/// Returns the name of the variable, or "#3" if there is none.
std::string short_name(const Session& session, Index record) {
  return session.name(record).empty() ? session.reference(record) : session.name(record);
}

/// Returns the name of the variable, or "x" if there is none: a leaf has no formula with a letter for it.
std::string leaf_symbol(const Session& session, const Record& leaf) {
  const std::string& name = session.name(leaf.slot.record);
  return name.empty() ? "x" : name;
}

/// "#9 weights = softmax(scores)"
std::string call_text(const Session& session, const Record& record) {
  if (is_leaf(record)) return session.reference(record.slot.record) + ", a leaf";
  std::vector<std::string> inputs;
  for (std::size_t k = 0; k < record.inputs.size(); ++k)
    inputs.push_back(record.inputs[k] >= 0 ? short_name(session, record.inputs[k]) : "constant");
  return fmt::format("{} = {}({})", session.reference(record.slot.record), record.op->name, fmt::join(inputs, ", "));
}

/// A tensor that goes into an op, with all the letters that the formula has for it: `a * a` has two for the same
/// tensor.
struct Input {
  std::size_t number;
  Index source;
  std::string place;
  std::vector<std::string> symbols;
};

std::vector<Input> inputs_of(const Record& record) {
  std::vector<Input> inputs;
  for (std::size_t k = 0; k < record.inputs.size(); ++k) {
    const Index source = record.inputs[k];
    const auto same = std::find_if(inputs.begin(), inputs.end(),
                                   [&](const Input& each) { return source >= 0 && each.source == source; });
    if (same != inputs.end())
      same->symbols.push_back(symbol(record, k));
    else
      inputs.push_back({k, source, source >= 0 ? fmt::format("#{}", source) : "constant", {symbol(record, k)}});
  }
  return inputs;
}

bool saved(const Record& record, const Tensor& x) {
  for (std::size_t i = 0; i < record.saved.size(); ++i)
    if (record.saved[i].value().shares_buffer_with(x.value())) return true;
  return false;
}

/// Shows the tensors that were saved for the derivative: inputs, and the value.
void show_saved(Details& lines, const Session& session, const Record& record) {
  for (const Input& each : inputs_of(record))
    if (const Tensor x = session.tape().input(record.slot.record, each.number); saved(record, x))
      lines.input(fmt::format("{}", fmt::join(each.symbols, ",")), each.place, x);
  if (record.output_saved) lines.input(value_symbol(record), "value", record.output);
}

void show_forward(Details& lines, const Session& session, const Record& record) {
  if (is_leaf(record)) {
    lines.text("Its value comes from outside the tape; a gradient is to reach it.");
    lines.gap();
    return lines.value(leaf_symbol(session, record), "value", record.output);
  }
  lines.text(record.op->formula.value, Style::plain, 2);
  lines.gap();
  for (const Input& each : inputs_of(record))
    lines.input(fmt::format("{}", fmt::join(each.symbols, ",")), each.place,
                session.tape().input(record.slot.record, each.number));
  lines.gap();
  lines.value(value_symbol(record), "value", record.output);
  if (session.position() != session.forward_size() - 1) return;
  lines.gap();
  lines.text(fmt::format("The forward pass is done. The walk back starts here, with d {0} / d {0} = 1.",
                         short_name(session, record.slot.record)));
}

/// Shows the gradient that flows to each input, and the sum where another had flowed there before.
void show_flows(Details& lines, const Session& session, const Record& record) {
  for (const Input& each : inputs_of(record)) {
    if (each.source < 0) continue;
    const Tensor flow = session.walk()->outgoing(each.number), sum = session.gradient(each.source);
    if (!flow.defined()) continue;
    lines.gradient(fmt::format("d{}", fmt::join(each.symbols, "+d")), "to " + each.place, flow);
    if (sum.to_vector() != flow.to_vector()) lines.gradient("", "in sum", sum);
  }
}

/// Puts the gradient of a leaf into words.
std::string reading(const Session& session, const Record& leaf) {
  const std::string result = short_name(session, session.forward_size() - 1);
  const std::string name = short_name(session, leaf.slot.record);
  const Tensor gradient = session.walk()->incoming();
  if (gradient.size() != 1)
    return fmt::format("It is complete. Each number says how fast {} grows with that element of {}.", result, name);
  return fmt::format("It is complete: where {} grows by a little h, {} changes by {} h.", name, result,
                     number_text(gradient.to_vector()[0]));
}

void show_backward(Details& lines, const Session& session, const Record& record) {
  const Tensor& incoming = session.walk()->incoming();
  if (is_leaf(record)) {
    lines.gap();
    const std::string symbol = leaf_symbol(session, record);
    lines.value(symbol, "value", record.output);
    lines.gradient('d' + symbol, "gradient", incoming);
    lines.gap();
    return lines.text(reading(session, record));
  }
  for (const char* derivative : record.op->formula.derivatives)
    if (derivative != nullptr) lines.text(derivative, Style::plain, 2);
  lines.gap();
  const bool first = session.position() == session.forward_size();
  lines.gradient('d' + value_symbol(record), first ? "start" : "arrives", incoming);
  show_saved(lines, session, record);
  lines.gap();
  show_flows(lines, session, record);
  lines.words(record.op->formula.words);
}

}  // namespace

std::string title_of(const Session& session) {
  return fmt::format("{}: {}", session.program().name, session.program().title);
}

std::string progress_of(const Session& session) {
  if (session.forward()) return fmt::format("forward {} of {}", session.position() + 1, session.forward_size());
  return fmt::format("backward {} of {}", session.position() - session.forward_size() + 1, session.backward_size());
}

Line source_of(const Session& session) {
  return {{place_of(session.record()) + "  "}, {source_line(session.record().where.line()), Style::strong}};
}

std::vector<Line> details(const Session& session, std::size_t width, Amount amount) {
  const Record& record = session.record();
  Details lines(width, amount);
  lines.text(call_text(session, record), Style::strong, 4);
  if (session.forward())
    show_forward(lines, session, record);
  else
    show_backward(lines, session, record);
  return lines.take();
}

std::string memory_text(const Session& session) {
  const Memory memory = memory_at(session);
  const std::string here = memory.here.empty() ? "nothing" : fmt::format("{}", fmt::join(memory.here, ", "));
  const std::string held = fmt::format("{} array{}, {} B", memory.arrays, memory.arrays == 1 ? "" : "s", memory.bytes);
  if (session.forward())
    return fmt::format("Memory: an ordinary tape keeps {} for the way back. So far it holds {}.", here, held);
  const std::string kept =
      memory.kept.empty() ? "" : fmt::format("; earlier records still hold {}", fmt::join(memory.kept, ", "));
  return fmt::format("Memory: an ordinary tape lets go of {}{}. It is left with {}.", here, kept, held);
}

std::vector<Line> tensor_text(const std::string& what, const Tensor& x) {
  std::vector<Line> lines{{{fmt::format("{}, shape {}", what, ebb::to_string(x.shape())), Style::strong}}, {}};
  for (std::string& row : rows_of(x)) lines.push_back({{"  "}, {std::move(row)}});
  return lines;
}

}  // namespace step
