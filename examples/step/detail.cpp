#include "detail.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "memory.hpp"

namespace step {

namespace {

/// By what letter the formula calls this input: "x" of "dx = dy cos(x)".
std::string symbol(const Record& record, std::size_t input) {
  const char* text = ebb::derivative_of(record.op->formula, input);
  if (text == nullptr) return fmt::format("x_{}", input);
  const std::string_view derivative = text;
  return std::string(derivative.substr(1, derivative.find(' ') - 1));
}

/// ... and the value.
std::string value_symbol(const Record& record) {
  const std::string_view value = record.op->formula.value;
  return value.empty() ? "y" : std::string(value.substr(0, value.find(' ')));
}

/// Collects the lines: a symbol, what it is, its rows.
class Details {
 public:
  Details(std::size_t width, std::size_t most_rows) : width_(width), most_rows_(most_rows) {}

  void text(const std::string& words, Style style = Style::plain, std::size_t indent = 2) {
    for (std::string& line : wrap(words, width_, indent)) lines_.push_back({{std::move(line), style}});
  }
  void gap() {
    if (most_rows_ > 1 && !lines_.empty()) lines_.push_back({});
  }
  void tensor(const std::string& name, const std::string& place, const Tensor& x, Style style) {
    std::vector<std::string> rows = rows_of(x);
    if (most_rows_ == 1) rows = {fmt::format("{}", fmt::join(rows, "  /  "))};
    if (rows.size() > most_rows_) {
      rows.resize(most_rows_ - 1);
      rows.push_back("...");
    }
    for (std::size_t i = 0; i < rows.size(); ++i)
      lines_.push_back({{fmt::format("{:<4}", i == 0 ? name : ""), Style::strong},
                        {fmt::format("{:<11}", i == 0 ? place : "")},
                        {rows[i], style}});
  }
  std::vector<Line> take() { return std::move(lines_); }

 private:
  std::size_t width_, most_rows_;
  std::vector<Line> lines_;
};

bool is_leaf(const Record& record) { return record.op->backward == nullptr; }

/// "#9 weights = softmax(#8 scores)"
std::string call_text(const Session& session, const Record& record) {
  std::vector<std::string> inputs;
  for (std::size_t k = 0; k < record.inputs.size(); ++k)
    inputs.push_back(record.inputs[k] >= 0 ? session.reference(record.inputs[k]) : "constant");
  return fmt::format("{} = {}({})", session.reference(record.slot.record), record.op->name, fmt::join(inputs, ", "));
}

void show_inputs(Details& lines, const Session& session, const Record& record) {
  for (std::size_t k = 0; k < record.inputs.size(); ++k)
    lines.tensor(symbol(record, k), record.inputs[k] >= 0 ? session.reference(record.inputs[k]) : "constant",
                 session.tape().input(record.slot.record, k), Style::value);
}

void show_forward(Details& lines, const Session& session, const Record& record) {
  if (is_leaf(record)) {
    lines.text("A leaf: its value comes from outside the tape, and a gradient is to reach it.");
    lines.gap();
    return lines.tensor("x", "value", record.output, Style::value);
  }
  lines.text(record.op->formula.value);
  lines.gap();
  show_inputs(lines, session, record);
  lines.gap();
  lines.tensor(value_symbol(record), "value", record.output, Style::value);
  if (session.position() == session.forward_size() - 1) {
    lines.gap();
    lines.text("The end of the forward pass. The walk back starts here, with d loss / d loss = 1.", Style::plain, 0);
  }
}

void show_flows(Details& lines, const Session& session, const Record& record) {
  for (std::size_t k = 0; k < record.inputs.size(); ++k) {
    const Index source = record.inputs[k];
    if (source < 0) continue;
    const Tensor flow = session.walk()->outgoing(k), sum = session.gradient(source);
    if (!flow.defined()) continue;
    lines.tensor('d' + symbol(record, k), fmt::format("to #{}", source), flow, Style::gradient);
    if (sum.to_vector() != flow.to_vector()) lines.tensor("", "  in sum", sum, Style::gradient);
  }
}

void show_backward(Details& lines, const Session& session, const Record& record) {
  const Tensor& incoming = session.walk()->incoming();
  if (is_leaf(record)) {
    lines.text("A leaf: all that was to reach it has arrived. This is its gradient:");
    lines.gap();
    lines.tensor("x", "value", record.output, Style::value);
    return lines.tensor("dx", "gradient", incoming, Style::gradient);
  }
  for (const char* derivative : record.op->formula.derivatives)
    if (derivative != nullptr) lines.text(derivative);
  lines.gap();
  lines.tensor('d' + value_symbol(record), "arrives", incoming, Style::gradient);
  lines.gap();
  show_inputs(lines, session, record);
  lines.gap();
  show_flows(lines, session, record);
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

std::vector<Line> details(const Session& session, std::size_t width, std::size_t most_rows) {
  const Record& record = session.record();
  Details lines(width, most_rows);
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
  std::string text = session.forward() ? fmt::format("Memory: an ordinary tape keeps {} for the way back", here)
                                       : fmt::format("Memory: an ordinary tape lets go of {}", here);
  if (!memory.kept.empty()) text += fmt::format("{} (earlier records still hold {})", "", fmt::join(memory.kept, ", "));
  return text + fmt::format("; it holds {} array{}, {} B.", memory.arrays, memory.arrays == 1 ? "" : "s", memory.bytes);
}

std::vector<Line> tensor_page(const std::string& what, const Tensor& x) {
  std::vector<Line> lines{{{fmt::format("{}, shape {}", what, ebb::to_string(x.shape())), Style::strong}}, {}};
  for (std::string& row : rows_of(x)) lines.push_back({{"  "}, {std::move(row)}});
  return lines;
}

}  // namespace step
