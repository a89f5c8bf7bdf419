#pragma once

#include <optional>
#include <vector>

#include "../autograd/parameter.hpp"
#include "../ops/random.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// What a recurrent layer carries from step to step, [..., hidden] each.
template <class T>
struct RecurrentState {
  Tensor<T> hidden;
  Tensor<T> cell = {};  ///< Of an LSTM alone.

  /// The same numbers as constants: for the next part of a long sequence, into which no gradient is to flow back.
  RecurrentState detach() const { return {hidden.detach(), cell.defined() ? cell.detach() : cell}; }
};

enum class RecurrentKind { rnn, gru, lstm };

struct RecurrentCellOptions {
  bool bias = true;
};

/// What RNNCell, GRUCell and LSTMCell share: one step, x [..., in] and a state -> the next state. Without a state, it
/// begins with zeros. The gates stand side by side, each `hidden` wide: one for an RNN, r, z, n for a GRU, i, f, g, o
/// for an LSTM; see rnn(), gru() and lstm() for what they do. All parameters start uniform within 1 / sqrt(hidden).
template <class T>
struct RecurrentCell {
  RecurrentState<T> operator()(const Tensor<T>& x, const std::optional<RecurrentState<T>>& state = {},
                               SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const {
    field("input_weight", input_weight), field("hidden_weight", hidden_weight);
    field("input_bias", input_bias), field("hidden_bias", hidden_bias);
  }

  Parameter<T> input_weight;             // [in, gates * hidden]
  Parameter<T> hidden_weight;            // [hidden, gates * hidden]
  Parameter<T> input_bias, hidden_bias;  // [gates * hidden]; undefined if the layer was built without
  RecurrentKind kind;

  /// For layers: whole sequences, x [..., length, in] -> [..., length, hidden], and the last state.
  struct Sequence {
    Tensor<T> y;
    RecurrentState<T> last;
  };
  Sequence run(const Tensor<T>& x, const std::optional<RecurrentState<T>>& state, SourceLocation at) const;

 protected:
  RecurrentCell(const char* layer, RecurrentKind kind, Index in, Index hidden, Generator& generator,
                RecurrentCellOptions options);
  template <class U>
  friend struct Recurrent;
};

/// A step of a recurrence with tanh (Elman 1990): RecurrentCell says more.
template <class T = float>
struct RNNCell : RecurrentCell<T> {
  RNNCell(Index in, Index hidden, Generator& generator, RecurrentCellOptions options = {});
};
/// A step of a gated recurrent unit (Cho et al. 2014): RecurrentCell says more.
template <class T = float>
struct GRUCell : RecurrentCell<T> {
  GRUCell(Index in, Index hidden, Generator& generator, RecurrentCellOptions options = {});
};
/// A step of long short-term memory (Hochreiter & Schmidhuber 1997): RecurrentCell says more.
template <class T = float>
struct LSTMCell : RecurrentCell<T> {
  LSTMCell(Index in, Index hidden, Generator& generator, RecurrentCellOptions options = {});
};

struct RecurrentOptions {
  Index layers = 1;  ///< One on top of the other.
  bool bidirectional =
      false;  ///< Also from the end to the start, joined behind: 2 hidden wide (Schuster & Paliwal 1997).
  bool bias = true;
};

/// The result of whole sequences.
template <class T>
struct RecurrentOutput {
  Tensor<T> y;                            ///< Of the last layer, [..., length, hidden], or 2 hidden if bidirectional.
  std::vector<RecurrentState<T>> states;  ///< After the last step: of layer 0, forward and backward, of layer 1, ...
};

/// What RNN, GRU and LSTM share: whole sequences, [..., length, in] -> [..., length, hidden]. Where the states matter,
/// to start with others than zeros or to go on with a long sequence in parts:
///
///     auto [y, states] = lstm.run(first_part);
///     auto [next_y, next_states] = lstm.run(second_part, states);
template <class T>
struct Recurrent {
  Tensor<T> operator()(const Tensor<T>& x, SourceLocation at = SourceLocation::current()) const;
  /// Throws Error unless there are as many states as layers and directions, or none for zeros.
  RecurrentOutput<T> run(const Tensor<T>& x, const std::vector<RecurrentState<T>>& states = {},
                         SourceLocation at = SourceLocation::current()) const;
  void visit(auto& field) const { field("forward", forward), field("backward", backward); }

  std::vector<RecurrentCell<T>> forward;   // of each layer
  std::vector<RecurrentCell<T>> backward;  // of each layer that is bidirectional, else empty

 protected:
  Recurrent(const char* layer, RecurrentKind kind, Index in, Index hidden, Generator& generator,
            RecurrentOptions options);
};

/// A recurrence with tanh over whole sequences (Elman 1990): Recurrent says more.
template <class T = float>
struct RNN : Recurrent<T> {
  RNN(Index in, Index hidden, Generator& generator, RecurrentOptions options = {});
};
/// Gated recurrent units over whole sequences (Cho et al. 2014): Recurrent says more.
template <class T = float>
struct GRU : Recurrent<T> {
  GRU(Index in, Index hidden, Generator& generator, RecurrentOptions options = {});
};
/// Long short-term memory over whole sequences (Hochreiter & Schmidhuber 1997): Recurrent says more.
template <class T = float>
struct LSTM : Recurrent<T> {
  LSTM(Index in, Index hidden, Generator& generator, RecurrentOptions options = {});
};

#define EBB_DECLARE(T)                     \
  extern template struct RecurrentCell<T>; \
  extern template struct RNNCell<T>;       \
  extern template struct GRUCell<T>;       \
  extern template struct LSTMCell<T>;      \
  extern template struct Recurrent<T>;     \
  extern template struct RNN<T>;           \
  extern template struct GRU<T>;           \
  extern template struct LSTM<T>;
EBB_DECLARE(float)
EBB_DECLARE(double)
#undef EBB_DECLARE

}  // namespace nn
}  // namespace ebb
