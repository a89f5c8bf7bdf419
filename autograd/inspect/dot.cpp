#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "../norm.hpp"
#include "print.hpp"

namespace ebb EBB_PUBLIC {

namespace {

/// As Graphviz reads it between quotes.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

/// Puts a statement into the boxes of its scope: "blocks.3" is box "3" within box "blocks". A box that is opened again
/// is the same box.
std::string boxed(const std::string& scope, const std::string& statement) {
  std::string text = "  ", closing;
  for (std::size_t from = 0; from < scope.size();) {
    const std::size_t to = std::min(scope.find('.', from), scope.size());
    text += fmt::format("subgraph {} {{ label={}; ", quoted("cluster_" + scope.substr(0, to)),
                        quoted(scope.substr(from, to - from)));
    closing += " }";
    from = to + 1;
  }
  return text + statement + closing + '\n';
}

/// The shade of a norm, from 1, the palest, to 9: one for each power of ten below the largest.
int shade(double norm, double largest) {
  const double decades = norm > 0 && std::isfinite(norm) ? std::log10(largest / norm) : 9;
  return 9 - static_cast<int>(std::clamp(decades, 0.0, 8.0));
}

}  // namespace

template <class T>
std::string to_dot(const Tape<T>& tape) {
  double largest = 0;
  for (Index i = 0; i < tape.size(); ++i)
    if (const Tensor<T> adjoint = tape.adjoint(i); adjoint.defined()) {
      const double norm = norm_of(adjoint.value());
      if (std::isfinite(norm)) largest = std::max(largest, norm);
    }
  std::string text = fmt::format(
      "digraph tape_{} {{\n  node [shape=box, style=filled, fillcolor=white, colorscheme=blues9];\n", tape.id());
  for (Index i = 0; i < tape.size(); ++i) {
    const Record<T>& r = tape[i];
    const std::string name = parameter_name(r);
    std::string label = fmt::format("#{} {}\n{}", i, name.empty() ? r.op->name : name, to_string(r.shape)), colour;
    if (const Tensor<T> adjoint = tape.adjoint(i); adjoint.defined()) {
      const double norm = norm_of(adjoint.value());
      const int dark = shade(norm, largest);
      label += fmt::format("\n|dy| = {:.2g}", norm);
      colour = fmt::format(", fillcolor={}, fontcolor={}", dark, dark > 5 ? "\"white\"" : "\"black\"");
    }
    const char* const outline = r.op->backward == nullptr ? ", shape=ellipse" : "";
    text += boxed(*r.scope, fmt::format("n{} [label={}{}{}];", i, quoted(label), outline, colour));
  }
  for (Index i = 0; i < tape.size(); ++i)
    for (std::size_t k = 0; k < tape[i].inputs.size(); ++k)
      if (tape[i].inputs[k] >= 0) text += fmt::format("  n{} -> n{};\n", tape[i].inputs[k], i);
  return text + "}\n";
}

template std::string to_dot(const Tape<float>&);
template std::string to_dot(const Tape<double>&);

}  // namespace ebb
