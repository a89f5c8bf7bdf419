#pragma once

#include "../autograd/base/visibility.hpp"
#include "../autograd/tensor.hpp"

// A recurrence over whole sequences, as one record: what nn::RNN, nn::GRU and nn::LSTM are made of. `x` is what comes
// in at each step, as linear() makes it for all steps at once; the gates stand side by side, each `hidden` wide, in
// PyTorch's order, and s is the sigmoid. Backpropagation through time is fused; gradients of gradients go through
// primitive operations, step by step.

namespace ebb EBB_PUBLIC {

/// h_t = tanh(x_t + h_{t-1} weight) (Elman 1990): x [..., length, hidden], weight [hidden, hidden], initial [...,
/// hidden] -> every h_t, [..., length, hidden].
template <class T>
Tensor<T> rnn(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& initial,
              SourceLocation at = SourceLocation::current());

/// h_t = (1 - z) n + z h_{t-1}, with r = s(x_r + a_r), z = s(x_z + a_z), n = tanh(x_n + r a_n), and a = h_{t-1} weight
/// + bias (Cho et al. 2014, with r after the product, as in cuDNN): x [..., length, 3 hidden] for r, z, n, weight
/// [hidden, 3 hidden], initial [..., hidden], bias [3 hidden] -> every h_t, [..., length, hidden].
template <class T>
Tensor<T> gru(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& initial, const Operand<T>& bias,
              SourceLocation at = SourceLocation::current());

template <class T>
struct LSTMResult {
  Tensor<T> hidden;  ///< Every h_t, [..., length, hidden].
  Tensor<T> cell;    ///< The last c, [..., hidden].
};
/// h_t = o tanh(c_t), c_t = f c_{t-1} + i g, with i, f, o = s(a_i), s(a_f), s(a_o), g = tanh(a_g), and a = x_t +
/// h_{t-1} weight (Hochreiter & Schmidhuber 1997; Gers et al. 2000): x [..., length, 4 hidden] for i, f, g, o, weight
/// [hidden, 4 hidden], initial h and c [..., hidden].
template <class T>
LSTMResult<T> lstm(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& initial, const Operand<T>& cell,
                   SourceLocation at = SourceLocation::current());

}  // namespace ebb
