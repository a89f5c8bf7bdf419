#include "explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "../base/error.hpp"
#include "../base/type_name.h"
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

/// A number that was computed with T, and how far rounding may have moved it.
struct Rounded {
  double value = NAN, uncertainty = NAN;
};

/// The derivative at x by central differences; f(above, below) is the difference of a function at two places. The step
/// starts relative to the larger of |x| and 1. It grows where the rounding of large values would drown the difference,
/// and then shrinks, for functions that are steep near 0 (log) or end there, until two steps in turn agree; else those
/// count that agree best, as far as rounding lets them.
template <class T, class F>
Rounded slope(F f, T x) {
  constexpr double unit = std::numeric_limits<T>::epsilon();
  const double tolerance = std::pow(unit, 2.0 / 3) * 10, size = std::max(1.0, std::abs(static_cast<double>(x)));
  const auto quotient = [&](double h) -> Rounded {
    const T above = static_cast<T>(static_cast<double>(x) + h), below = static_cast<T>(static_cast<double>(x) - h);
    if (above == below) return {};
    const Rounded difference = f(above, below);
    const double step = static_cast<double>(above) - static_cast<double>(below);
    return {difference.value / step, difference.uncertainty / step};
  };
  double h = std::cbrt(unit) * size;
  while (h < size / 20 && quotient(h).uncertainty > tolerance) h *= 10;
  Rounded best = quotient(h);
  double least_error = INFINITY, before = best.value;
  for (int attempt = 1; attempt < 10 && !(least_error <= tolerance * std::max(1.0, std::abs(best.value))); ++attempt) {
    const Rounded next = quotient(h /= 10);
    if (next.uncertainty > least_error) break;
    const double error = std::max(std::abs(next.value - before), next.uncertainty);
    if (error < least_error) best = next, least_error = error;
    before = next.value;
  }
  return best;
}

/// The sum of |x flow|: the size of what a function sums up, as far as it is linear, where `flow` is its gradient.
template <class T>
double size_of_sum(const Tensor<T>& x, const Tensor<T>& flow) {
  double sum = 0;
  for (Index i = 0; i < x.size(); ++i)
    sum += std::abs(static_cast<double>(x.data()[i]) * static_cast<double>(flow.data()[i]));
  return sum;
}

/// <dy, high - low>, for two values of an op which sums up `summed` in all. Elements that do not differ are not moved
/// by rounding either; unless none does, for then the difference may have been lost: in the element `own`, or in any if
/// that is negative.
template <class T>
Rounded projected_difference(const Tensor<T>& dy, const Array<T>& high, const Array<T>& low, double summed, Index own) {
  Rounded moved{0, 0};
  double lost = 0;
  summed /= static_cast<double>(dy.size());
  for (Index j = 0; j < dy.size(); ++j) {
    const double above = static_cast<double>(high.data()[j]), below = static_cast<double>(low.data()[j]);
    const double weight = static_cast<double>(dy.data()[j]);
    const double rounding = std::numeric_limits<T>::epsilon() / 2 * (std::abs(weight * above) + summed);
    moved.value += weight * (above - below);
    if (above != below) moved.uncertainty += rounding;
    if (own < 0 || own == j) lost = std::max(lost, rounding);
  }
  if (moved.uncertainty == 0) moved.uncertainty = lost;
  return moved;
}

template <class T>
struct Differences {
  Tensor<T> values;
  double uncertainty = 0;  // the largest that rounding leaves
};

/// The derivative of <dy, f(x)> with respect to the first few elements of what `source` gave, by central differences
/// of the op's forward function; 0 for the others. Where the record takes that tensor more than once, all move
/// together, and so does a parameter that a checkpoint's function captured. `flow` is what the record's derivative
/// says.
template <class T>
Differences<T> central_differences(const Tape<T>& tape, const Record<T>& record, Index source, const Tensor<T>& dy,
                                   const Tensor<T>& flow) {
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

  // An element among as many as were given is made from the one in its place, as a rule.
  const bool elementwise = dy.size() == middle.size();
  const double summed = elementwise ? 0 : size_of_sum(middle, flow);
  Array<T> result(middle.shape(), T{0});
  double uncertainty = 0;
  for (Index i = 0; i < std::min(middle.size(), shown); ++i) {
    const auto difference = [&](T above, T below) {
      return projected_difference(dy, forward_at(i, above), forward_at(i, below), summed, elementwise ? i : -1);
    };
    const Rounded found = slope(difference, middle.data()[i]);
    result.mutable_data()[i] = static_cast<T>(found.value);
    uncertainty = std::max(uncertainty, found.uncertainty);
  }
  return {result, uncertainty};
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

/// The verdict on an adjoint: how far the differences are from it and, where that says little, how far rounding alone
/// may have put them.
template <class T>
std::string verdict(const Tensor<T>& flow, const Differences<T>& differences) {
  const double apart = largest_difference(flow, differences.values);
  double largest = 0;
  for (Index i = 0; i < std::min(flow.size(), shown); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(flow.data()[i])));
  const std::string text = fmt::format("at most {:.1g} apart", apart);
  if (largest == 0 || !(differences.uncertainty > std::max(apart, largest / 10))) return text;
  return fmt::format("{}, but {} cannot tell what is less than {:.1g} apart: it rounds values that are large", text,
                     type_name<T>, differences.uncertainty);
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
    const Differences<T> differences = central_differences(tape, record, source, dy, flow);
    columns.row("", "differences", fmt::format("{}   {}", values(differences.values), verdict(flow, differences)));
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
