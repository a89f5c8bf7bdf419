#include "recurrent.hpp"

#include <fmt/format.h>

#include <cmath>

#include "../autograd/base/error.hpp"
#include "../ops/ops.hpp"
#include "call.hpp"
#include "layer_shape.h"

namespace ebb::nn {

namespace {

constexpr Index gates_of(RecurrentKind kind) {
  return kind == RecurrentKind::rnn ? 1 : kind == RecurrentKind::gru ? 3 : 4;
}

/// The state to begin with: zeros of the shape of x [..., length, in] without a step, unless one is given.
template <class T>
RecurrentState<T> initial_state(const Tensor<T>& x, Index hidden, RecurrentKind kind,
                                const std::optional<RecurrentState<T>>& given, SourceLocation at) {
  const bool needs_cell = kind == RecurrentKind::lstm;
  if (given && given->hidden.defined()) {
    if (needs_cell != given->cell.defined())
      throw error_in("recurrent layer",
                     needs_cell ? "an LSTM's state has a hidden and a cell, but the cell is undefined"
                                : "only an LSTM's state has a cell",
                     at);
    return *given;
  }
  if (given && given->cell.defined())
    throw error_in("recurrent layer", "a state has a cell, but its hidden part is undefined", at);
  const Tensor<T> none = zeros<T>(x.shape().without(-2).with(-1, hidden));
  return {none, needs_cell ? none : Tensor<T>()};
}

}  // namespace

template <class T>
RecurrentCell<T>::RecurrentCell(const char* layer, RecurrentKind which, Index in, Index hidden, Generator& generator,
                                RecurrentCellOptions options)
    : kind(which) {
  (void)layer_shape(layer, {in, hidden});
  const Shape inputs = layer_shape(layer, {in, gates_of(kind) * hidden});
  const double bound = hidden > 0 ? 1 / std::sqrt(static_cast<double>(hidden)) : 0;
  const auto drawn = [&](const Shape& shape, const char* name) {
    return Parameter<T>(uniform<T>(shape, generator.next(), -bound, bound), name);
  };
  input_weight = drawn(inputs, "input_weight");
  hidden_weight = drawn(inputs.with(0, hidden), "hidden_weight");
  if (!options.bias) return;
  input_bias = drawn(inputs[1], "input_bias");
  hidden_bias = drawn(inputs[1], "hidden_bias");
}

template <class T>
auto RecurrentCell<T>::run(const Tensor<T>& x, const std::optional<RecurrentState<T>>& state, SourceLocation at) const
    -> Sequence {
  const Index in = input_weight.shape()[0], hidden = hidden_weight.shape()[0];
  if (!x.defined() || x.rank() < 2 || x.extent(-1) != in)
    throw error_in("recurrent layer",
                   fmt::format("x must have the shape [..., length, {}], not {}", in,
                               x.defined() ? to_string(x.shape()) : "(undefined)"),
                   at);
  const RecurrentState<T> first = initial_state(x, hidden, kind, state, at);
  const bool bias = input_bias.defined(), gru_bias = kind == RecurrentKind::gru;
  // A GRU's second bias is inside of what r scales; the others' meet in a sum.
  const Tensor<T> seen =
      !bias ? linear(x, input_weight, at)
            : linear(x, input_weight, gru_bias ? input_bias.tensor(at) : add(input_bias, hidden_bias, at), at);
  if (kind == RecurrentKind::lstm) {
    const LSTMResult<T> result = lstm(seen, hidden_weight, first.hidden, first.cell, at);
    const Tensor<T> last = x.extent(-2) == 0 ? first.hidden : squeeze(slice(result.hidden, -2, {-1}, at), {-2}, at);
    return {result.hidden, {last, result.cell}};
  }
  const Tensor<T> y = kind == RecurrentKind::rnn ? rnn(seen, hidden_weight, first.hidden, at)
                      : bias                     ? gru(seen, hidden_weight, first.hidden, hidden_bias, at)
                             : gru(seen, hidden_weight, first.hidden, zeros<T>(hidden_weight.shape()[1]), at);
  return {y, {x.extent(-2) == 0 ? first.hidden : squeeze(slice(y, -2, {-1}, at), {-2}, at)}};
}

template <class T>
RecurrentState<T> RecurrentCell<T>::operator()(const Tensor<T>& x, const std::optional<RecurrentState<T>>& state,
                                               SourceLocation at) const {
  return run(unsqueeze(x, -2, at), state, at).last;
}

template <class T>
Recurrent<T>::Recurrent(const char* layer, RecurrentKind kind, Index in, Index hidden, Generator& generator,
                        RecurrentOptions options) {
  if (options.layers < 1) throw Error(fmt::format("{}: there must be a layer at least, not {}", layer, options.layers));
  const Index wide = layer_shape(layer, {in, hidden})[1] * (options.bidirectional ? 2 : 1);
  for (Index i = 0; i < options.layers; ++i)
    for (std::vector<RecurrentCell<T>>* cells : {&forward, options.bidirectional ? &backward : nullptr})
      if (cells != nullptr)
        cells->push_back(RecurrentCell<T>(layer, kind, i == 0 ? in : wide, hidden, generator, {.bias = options.bias}));
}

template <class T>
Tensor<T> Recurrent<T>::operator()(const Tensor<T>& x, SourceLocation at) const {
  return run(x, {}, at).y;
}

template <class T>
RecurrentOutput<T> Recurrent<T>::run(const Tensor<T>& x, const std::vector<RecurrentState<T>>& states,
                                     SourceLocation at) const {
  const std::size_t expected = forward.size() + backward.size();
  if (!states.empty() && states.size() != expected)
    throw error_in("recurrent layer",
                   fmt::format("there are {} states for {} layers and directions", states.size(), expected), at);
  RecurrentOutput<T> out{x, {}};
  const auto run_cell = [&](const RecurrentCell<T>& cell, const Tensor<T>& input) {
    const LayerScope scope({*this, at}, cell);
    const std::size_t number = out.states.size();
    auto [y, last] = cell.run(input, states.empty() ? std::nullopt : std::optional(states[number]), at);
    out.states.push_back(last);
    return y;
  };
  for (std::size_t i = 0; i < forward.size(); ++i) {
    const Tensor<T> input = out.y, y = run_cell(forward[i], input);
    out.y =
        backward.empty() ? y : concatenate({y, flip(run_cell(backward[i], flip(input, {-2}, at)), {-2}, at)}, -1, at);
  }
  return out;
}

#define EBB_CELL(Name, which)                                                                     \
  template <class T>                                                                              \
  Name##Cell<T>::Name##Cell(Index in, Index hidden, Generator& generator, RecurrentCellOptions o) \
      : RecurrentCell<T>(#Name "Cell", RecurrentKind::which, in, hidden, generator, o) {}         \
  template <class T>                                                                              \
  Name<T>::Name(Index in, Index hidden, Generator& generator, RecurrentOptions o)                 \
      : Recurrent<T>(#Name, RecurrentKind::which, in, hidden, generator, o) {}                    \
  template struct Name##Cell<float>;                                                              \
  template struct Name##Cell<double>;                                                             \
  template struct Name<float>;                                                                    \
  template struct Name<double>;
template struct RecurrentCell<float>;
template struct RecurrentCell<double>;
template struct Recurrent<float>;
template struct Recurrent<double>;
EBB_CELL(RNN, rnn)
EBB_CELL(GRU, gru)
EBB_CELL(LSTM, lstm)

}  // namespace ebb::nn
