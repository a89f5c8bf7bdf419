#include "explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "../base/error.hpp"
#include "../checkpoint.hpp"
#include "walk.hpp"

namespace ebb EBB_PUBLIC {

namespace {

constexpr Index shown = 6;  // elements of each tensor, and how many of them are differenced

/// "x" of "dx = dy cos(x)", "x_2" of "dx_i = ..." for input 2, as where the op has no formula.
std::string input_name(const Formula& formula, std::size_t input) {
  const char* text = derivative_of(formula, input);
  if (text == nullptr) return fmt::format("x_{}", input);
  std::string name(text + 1, std::find(text, text + std::char_traits<char>::length(text), ' '));
  if (name.ends_with("_i")) name.replace(name.size() - 1, 1, std::to_string(input));
  return name;
}

/// "Y" of "Y = A B"; "y" where the op has no formula.
std::string output_name(const Formula& formula) {
  const std::string value = formula.value;
  return value.empty() ? "y" : value.substr(0, value.find(' '));
}

template <class T>
std::string values(const Tensor<T>& x) {
  if (!x.defined()) return "not computed";
  const std::string text = to_string(x.detach(), shown);
  return text.substr(text.find('['));
}

/// The derivative of f at x by central differences. The step starts relative to the larger of |x| and 1, and shrinks,
/// for functions that are steep near 0 (log) or end there, until two steps in turn agree; else those that agree best
/// count.
template <class T, class F>
double slope(F f, T x) {
  constexpr double unit = std::numeric_limits<T>::epsilon();
  const double tolerance = std::pow(unit, 2.0 / 3) * 10;
  double h = std::cbrt(unit) * std::max(1.0, std::abs(static_cast<double>(x)));
  double best = NAN, least_apart = INFINITY, before = NAN;
  for (int attempt = 0; attempt < 10 && !(least_apart <= tolerance * std::max(1.0, std::abs(best))); ++attempt) {
    const T above = static_cast<T>(static_cast<double>(x) + h), below = static_cast<T>(static_cast<double>(x) - h);
    if (above == below) break;
    const double quotient = f(above, below) / (static_cast<double>(above) - static_cast<double>(below));
    if (attempt == 0) best = quotient;
    const double apart = std::abs(quotient - before);
    if (apart < least_apart) best = before, least_apart = apart;
    before = quotient;
    h /= 10;
  }
  return best;
}

/// The derivative of <dy, f(x)> with respect to the first few elements of what `source` gave, by central differences
/// of the op's forward function; 0 for the others. Where the record takes that tensor more than once, all move
/// together, and so does a parameter that a checkpoint's function captured.
template <class T>
Tensor<T> central_differences(const Tape<T>& tape, const Record<T>& record, Index source, const Tensor<T>& dy) {
  std::vector<Tensor<T>> x;
  for (std::size_t k = 0; k < arguments_of(record); ++k) x.push_back(tape.input(record.slot.record, k).detach());
  const Tensor<T> middle = tape[source].output;
  const auto forward_at = [&](Index i, T value) {
    Array<T> moved = middle.value();
    moved.mutable_data()[i] = value;
    std::vector<Tensor<T>> inputs = x;
    for (std::size_t k = 0; k < inputs.size(); ++k)
      if (record.inputs[k] == source) inputs[k] = moved;
    const auto& parameter = tape[source].parameter;
    if (parameter == nullptr) return replay<T>(record, inputs);
    std::swap(parameter->value, moved);
    const auto put_back = [&](void*) { std::swap(parameter->value, moved); };
    const std::unique_ptr<void, decltype(put_back)> guard(&moved, put_back);
    return replay<T>(record, inputs);
  };

  Array<T> result(middle.shape(), T{0});
  T* slopes = result.mutable_data();
  for (Index i = 0; i < std::min(middle.size(), shown); ++i) {
    const auto projected_difference = [&](T above, T below) {
      const Array<T> high = forward_at(i, above), low = forward_at(i, below);
      double sum = 0;
      for (Index j = 0; j < dy.size(); ++j)
        sum += static_cast<double>(dy.data()[j]) *
               (static_cast<double>(high.data()[j]) - static_cast<double>(low.data()[j]));
      return sum;
    };
    slopes[i] = static_cast<T>(slope(projected_difference, middle.data()[i]));
  }
  return result;
}

template <class T>
double largest_difference(const Tensor<T>& a, const Tensor<T>& b) {
  double largest = 0;
  for (Index i = 0; i < std::min(a.size(), shown); ++i) {
    const double apart = std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]));
    if (std::isnan(apart)) return apart;
    largest = std::max(largest, apart);
  }
  return largest;
}

/// Collects an explanation: lines of text, then rows of a name, where it stands, and its values, in columns.
class Columns {
 public:
  void text(const std::string& line) { text_ += line + '\n'; }
  void row(const std::string& name, const std::string& place, const std::string& what) {
    rows_.push_back({name, place, what});
    name_width_ = std::max(name_width_, name.size());
    place_width_ = std::max(place_width_, place.size());
  }
  std::string take() {
    for (const auto& [name, place, what] : rows_)
      text_ += fmt::format("  {:<{}}  {:<{}}  {}\n", name, name_width_, place, place_width_, what);
    return std::move(text_);
  }

 private:
  std::string text_;
  std::vector<std::array<std::string, 3>> rows_;
  std::size_t name_width_ = 0, place_width_ = 0;
};

template <class T>
void show_heading(Columns& columns, const Record<T>& record) {
  columns.text(fmt::format("record {}: {}{}{}, made at {}:{}", record.slot.record, record.op->name,
                           record.scope->empty() ? "" : " in ", *record.scope, record.where.file(),
                           record.where.line()));
  const Formula& formula = record.op->formula;
  if (formula.value[0] == '\0') return columns.text("  (its Op has no Formula)");
  columns.text(fmt::format("  {}", formula.value));
  for (std::size_t k = 0; k < formula.derivatives.size() && formula.derivatives[k] != nullptr; ++k)
    columns.text(fmt::format("  {}", formula.derivatives[k]));
  columns.text(fmt::format("  {}", formula.words));
}

/// "#3 softmax", "#1 blocks.0.query.weight"
template <class T>
std::string source_name(const Record<T>& source) {
  const std::string name = parameter_name(source);
  return fmt::format("#{} {}", source.slot.record, name.empty() ? source.op->name : name);
}

template <class T>
void show_asked(Columns& columns, const Record<T>& record) {
  for (const Attribute& attribute : record.attributes.list()) columns.row("asked", attribute.name, attribute.text());
}

/// Shows the adjoints that the derivative passes on, one for each input, beside the central differences.
template <class T>
void show_flows(Columns& columns, const Tape<T>& tape, const Record<T>& record, const Walk<T>& walk,
                const Tensor<T>& dy) {
  for (std::size_t k = 0; k < record.inputs.size(); ++k) {
    const Index source = record.inputs[k];
    if (source < 0) continue;
    std::string name = 'd' + input_name(record.op->formula, k);
    bool shown_before = false;
    for (std::size_t other = 0; other < record.inputs.size(); ++other) {
      if (other == k || record.inputs[other] != source) continue;
      shown_before = shown_before || other < k;
      name += " + d" + input_name(record.op->formula, other);
    }
    if (shown_before) continue;
    const Tensor<T> flow = walk.outgoing(k);
    if (!flow.defined()) {
      columns.row(name, fmt::format("to #{}", source), "nothing");
      continue;
    }
    columns.row(name, fmt::format("to #{}", source), values(flow));
    if (k >= arguments_of(record) && tape[source].parameter == nullptr) {
      columns.row("", "differences", "none: the function captured this tensor, and cannot be given another");
      continue;
    }
    const Tensor<T> differences = central_differences(tape, record, source, dy);
    columns.row("", "differences",
                fmt::format("{}   at most {:.1g} apart", values(differences), largest_difference(flow, differences)));
  }
}

/// The record's own gradient, for a leaf: there is nowhere to pass it on to.
template <class T>
void show_leaf(Columns& columns, const Record<T>& record, const Tensor<T>& dy) {
  columns.row(output_name(record.op->formula), source_name(record), values(record.output));
  columns.row('d' + output_name(record.op->formula), "arrives",
              dy.defined() ? values(dy) : "nothing yet: no walk has come here");
}

}  // namespace

template <class T>
std::string explain(const Record<T>& record) {
  Tape<T>* tape = Tape<T>::find(record.slot.tape);
  if (tape == nullptr) throw Error("explain(): the record's tape is no longer in scope on this thread");
  if (tape->in_checkpoint()) throw Error("explain() cannot look on inside a function given to checkpoint()");
  if (!tape->keeps_all())
    throw Error(
        "explain() needs every value that the record was given, so the tape must keep them: "
        "Tape<T> tape({.keep_all = true})");
  Columns columns;
  show_heading(columns, record);
  const Tensor<T> arrived = tape->adjoint(record.slot.record);
  if (record.op->backward == nullptr) {
    show_leaf(columns, record, arrived);
    return columns.take();
  }
  show_asked(columns, record);
  for (std::size_t k = 0; k < record.inputs.size(); ++k)
    columns.row(input_name(record.op->formula, k),
                record.inputs[k] < 0 ? "constant" : source_name((*tape)[record.inputs[k]]),
                values(tape->input(record.slot.record, k)));
  columns.row(output_name(record.op->formula), fmt::format("#{}", record.slot.record), values(record.output));
  const Tensor<T> dy = arrived.defined() ? arrived : Tensor<T>(Array<T>(record.shape, T{1}));
  columns.row('d' + output_name(record.op->formula), arrived.defined() ? "arrives" : "ones",
              values(dy) + (arrived.defined() ? "" : "   no walk has come here"));
  Walk<T> walk(*tape, record.output, dy, {.hooks = false});
  walk.step();
  show_flows(columns, *tape, record, walk, dy);
  return columns.take();
}

#define EBB_INSTANTIATE(T) template std::string explain(const Record<T>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
