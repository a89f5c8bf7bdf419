#include "../autograd/kernels/recurrence.h"

#include <fmt/format.h>

#include <algorithm>

#include "../autograd/base/error.hpp"
#include "../autograd/grad.hpp"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "fusion.hpp"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

using kernels::Cell;

// Inputs: x, weight, initial h, and then the bias of a GRU, the initial cell of an LSTM.

/// What is wrong with the shapes of the inputs, or nothing.
template <class T>
std::string fault_of(Cell cell, Inputs<T> in) {
  const Shape &x = in[0].shape(), &weight = in[1].shape();
  const Index gates = kernels::gates_of(cell), hidden = weight.rank() == 2 ? weight[0] : -1;
  if (x.rank() < 2 || hidden < 0 || weight[1] != gates * hidden || x.extent(-1) != weight[1]) {
    const std::string wide = gates == 1 ? "hidden" : fmt::format("{} hidden", gates);
    return fmt::format("x must be [..., length, {}] and the weight [hidden, {}], but the shapes are {} and {}", wide,
                       wide, to_string(x), to_string(weight));
  }
  const Shape state = x.without(-2).with(-1, hidden), last = cell == Cell::gru ? Shape{weight[1]} : state;
  const auto fault = [](const char* what, const Shape& got, const Shape& wanted) {
    return fmt::format("the {} must have the shape {}, not {}", what, to_string(wanted), to_string(got));
  };
  if (!(in[2].shape() == state)) return fault("initial state", in[2].shape(), state);
  if (in.size() > 3 && !(in[3].shape() == last))
    return fault(cell == Cell::gru ? "bias" : "initial cell", in[3].shape(), last);
  return {};
}

/// The number of sequences in x [..., length, width].
Index sequences_in(const Shape& x) {
  Index count = 1;
  for (int axis = 0; axis < x.rank() - 2; ++axis) count *= x[axis];
  return count;
}

template <class T>
kernels::Recurrence<T> recurrence_of(Cell cell, Inputs<T> in) {
  const T* last = in.size() > 3 ? in[3].data() : nullptr;
  return {sequences_in(in[0].shape()),
          in[0].extent(-2),
          in[1].extent(0),
          in[0].data(),
          in[1].data(),
          in[2].data(),
          cell == Cell::gru ? last : nullptr,
          cell == Cell::lstm ? last : nullptr};
}

/// x_t + a and so on, of primitive ops: the text to learn from. `h` and `c` are the state, [rows, hidden].
template <class T>
void composed_step(Cell cell, const Tensor<T>& x, const Tensor<T>& weight, const Tensor<T>& bias, Tensor<T>& h,
                   Tensor<T>& c, SourceLocation at) {
  Tensor<T> a = matmul(h, weight, {}, at);
  if (cell == Cell::rnn) {
    h = tanh(add(x, a, at), at);
  } else if (cell == Cell::gru) {
    const auto x_gate = split(x, 3, -1, at), a_gate = split(add(a, bias, at), 3, -1, at);
    const Tensor<T> r = sigmoid(add(x_gate[0], a_gate[0], at), at), z = sigmoid(add(x_gate[1], a_gate[1], at), at);
    const Tensor<T> n = tanh(add(x_gate[2], multiply(r, a_gate[2], at), at), at);
    h = add(n, multiply(z, subtract(h, n, at), at), at);
  } else {
    const auto gate = split(add(x, a, at), 4, -1, at);
    const Tensor<T> in = sigmoid(gate[0], at), forget = sigmoid(gate[1], at), out = sigmoid(gate[3], at);
    c = add(multiply(forget, c, at), multiply(in, tanh(gate[2], at), at), at);
    h = multiply(out, tanh(c, at), at);
  }
}

/// What the fused op gives, made of primitive ops. There must be a step, or a cell.
template <class T>
Tensor<T> composed(Cell cell, const std::vector<Tensor<T>>& in, SourceLocation at = SourceLocation::current()) {
  const Shape& shape = in[0].shape();
  const Index length = shape.extent(-2), hidden = in[1].extent(0);
  const Index rows = sequences_in(shape);
  const Tensor<T> x = reshape(in[0], {rows, length, shape.extent(-1)}, at);
  Tensor<T> h = reshape(in[2], {rows, hidden}, at), c;
  if (cell == Cell::lstm) c = reshape(in[3], {rows, hidden}, at);
  std::vector<Tensor<T>> y;
  for (Index t = 0; t < length; ++t) {
    const Tensor<T> x_t = squeeze(slice(x, 1, {t, t + 1}, at), {1}, at);
    composed_step(cell, x_t, in[1], cell == Cell::gru ? in[3] : Tensor<T>(), h, c, at);
    y.push_back(h);
  }
  if (cell == Cell::lstm) y.push_back(c);
  return reshape(stack(y, 1, at), shape.with(-1, hidden).with(-2, static_cast<Index>(y.size())), at);
}

template <class T, Cell cell>
Array<T> recurrence_forward(Record<T>& r, Inputs<T> x) {
  if (const std::string fault = fault_of(cell, x); !fault.empty()) throw Error(fault);
  for (const Tensor<T>& each : x) r.save(each);
  r.save_output();
  const kernels::Recurrence<T> recurrence = recurrence_of(cell, x);
  const Shape of_steps{recurrence.batch, recurrence.length, recurrence.hidden};
  Array<T> y(x[0].shape().with(-1, recurrence.hidden).with(-2, recurrence.length + kernels::more_of(cell)));
  Array<T> kept(of_steps.with(-1, recurrence.hidden * kernels::kept_of(cell)));
  Array<T> cells(cell == Cell::lstm ? of_steps : Shape{0});
  kernels::run(cell, recurrence, {y.mutable_data(), kept.mutable_data(), cells.mutable_data()});
  r.cache(std::move(kept));
  r.cache(std::move(cells));
  return y;
}

/// Through primitive ops. Each input passes through a record of its own, so that the adjoints of equal ones stay apart.
template <class T>
void backward_of_composed(Cell cell, const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  std::vector<Tensor<T>> in, wanted;
  for (std::size_t i = 0; i < r.inputs.size(); ++i) {
    in.push_back(reshape(r.saved[i], r.saved[i].shape()));
    if (d.needs(i)) wanted.push_back(in.back());
  }
  if (dy.extent(-2) == 0) return;  // no step, no cell
  const auto adjoints = grad(composed(cell, in), wanted, {.cotangent = dy, .create_graph = true, .allow_unused = true});
  for (std::size_t i = 0, k = 0; i < r.inputs.size(); ++i)
    if (d.needs(i)) d.add(i, adjoints[k++]);
}

template <class T, Cell cell>
void recurrence_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.create_graph()) return backward_of_composed(cell, r, dy, d);

  const Tensor<T>&x = r.saved[0], &initial = r.saved[2], &y = r.output;
  std::vector<Tensor<T>> in;
  for (std::size_t i = 0; i < r.saved.size(); ++i) in.push_back(r.saved[i]);
  const kernels::Recurrence<T> recurrence = recurrence_of<T>(cell, in);
  Array<T> dx(x.shape()), d_initial(initial.shape());
  Array<T> d_product = cell == Cell::gru ? Array<T>(x.shape()) : Array<T>();
  Array<T> d_cell = cell == Cell::lstm ? Array<T>(initial.shape()) : Array<T>();
  T* const to_x = dx.mutable_data();
  kernels::run_back(cell, recurrence, {y.data(), r.cached[0].data(), r.cached[1].data()}, dy.data(),
                    {to_x, cell == Cell::gru ? d_product.mutable_data() : to_x, d_initial.mutable_data(),
                     cell == Cell::lstm ? d_cell.mutable_data() : nullptr});
  const Tensor<T> rows =
      reshape(Tensor<T>(cell == Cell::gru ? d_product : dx), {recurrence.batch * recurrence.length, x.extent(-1)});
  if (d.needs(1)) {
    const Tensor<T> first = unsqueeze(initial, -2);
    const Tensor<T> before =
        recurrence.length > 1 ? concatenate({first, slice(y, -2, {0, recurrence.length - 1})}, -2) : first;
    d.add(1, recurrence.length == 0
                 ? zeros<T>(d.shape(1))
                 : matmul(reshape(before, {rows.extent(0), recurrence.hidden}), rows, {.transpose_a = true}));
  }
  if (d.needs(0)) d.add(0, dx);
  if (d.needs(2)) d.add(2, d_initial);
  if (cell == Cell::gru && d.needs(3)) d.add(3, sum(rows, 0));
  if (cell == Cell::lstm && d.needs(3)) d.add(3, d_cell);
}

constexpr Formula rnn_formula{
    "y[t] = h_t = tanh(x_t + h_{t-1} W), from an initial h",
    {"dx_t = (dy_t + what step t + 1 sends back) (1 - h_t^2)", "dW = sum over t of h_{t-1}^T dx_t", "dh = dx_1 W^T"},
    "At each step on the way back the gradient passes through W once more, whose singular values decide whether it "
    "grows "
    "or fades, and through the slope of tanh, which only makes it smaller.",
};

constexpr Formula gru_formula{
    "y[t] = h_t = (1 - z) n + z h_{t-1}, r = s(x_r + a_r), z = s(x_z + a_z), n = tanh(x_n + r a_n), x = x_t, a = "
    "h_{t-1} W + b; "
    "first comes an initial h",
    {"dx = those of the gates r, z, n, from g_t = dy_t + da_{t+1} W^T + g_{t+1} z_{t+1}",
     "dW = sum over t of h_{t-1}^T da_t, where da_n = dx_n r, else da = dx", "dh = da_1 W^T + g_1 z_1",
     "db = sum over t of da_t"},
    "Where z is near 1 the gradient goes back unchanged, past the weight, so that a state that is kept is learned "
    "about "
    "over many steps.",
};

constexpr Formula lstm_formula{
    "y[t] = h_t = o tanh(c_t), c_t = f c_{t-1} + i g, with i, f, g, o from x_t + h_{t-1} W; after the last h comes c",
    {"dx_t = those of the gates i, f, g, o, from g_t = dy_t + dx_{t+1} W^T and dc_t = g_t o (1 - tanh(c_t)^2) + "
     "dc_{t+1} f_{t+1}",
     "dW = sum over t of h_{t-1}^T dx_t", "dh = dx_1 W^T", "dc = dc_1 f_1"},
    "Along the cells the gradient is only multiplied by the forget gates, so that it lasts while they are near 1; "
    "through "
    "the weight it grows or fades as in any recurrence.",
};

/// The recurrence as one record, or as many if operations are not fused.
template <class T>
Tensor<T> apply_recurrence(const Op<T>& op, Cell cell, std::initializer_list<const Operand<T>*> inputs,
                           SourceLocation at) {
  std::vector<Tensor<T>> in;
  for (const Operand<T>* each : inputs) in.push_back(each->tensor(at));
  const bool defined = std::all_of(in.begin(), in.end(), [](const Tensor<T>& each) { return each.defined(); });
  if (!fused_operations() && defined && fault_of<T>(cell, in).empty() && in[0].extent(-2) > 0)
    return composed(cell, in, at);
  return apply(op, std::span<const Tensor<T>>(in), {}, at);
}

}  // namespace

EBB_OP(rnn, (recurrence_forward<T, Cell::rnn>), (recurrence_backward<T, Cell::rnn>), rnn_formula)
EBB_OP(gru, (recurrence_forward<T, Cell::gru>), (recurrence_backward<T, Cell::gru>), gru_formula)
EBB_OP(lstm, (recurrence_forward<T, Cell::lstm>), (recurrence_backward<T, Cell::lstm>), lstm_formula)

template <class T>
Tensor<T> rnn(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& initial, SourceLocation at) {
  return apply_recurrence<T>(Ops<T>::rnn, Cell::rnn, {&x, &weight, &initial}, at);
}

template <class T>
Tensor<T> gru(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& initial, const Operand<T>& bias,
              SourceLocation at) {
  return apply_recurrence<T>(Ops<T>::gru, Cell::gru, {&x, &weight, &initial, &bias}, at);
}

template <class T>
LSTMResult<T> lstm(const Operand<T>& x, const Operand<T>& weight, const Operand<T>& initial, const Operand<T>& cell,
                   SourceLocation at) {
  const Tensor<T> y = apply_recurrence<T>(Ops<T>::lstm, Cell::lstm, {&x, &weight, &initial, &cell}, at);
  const Index length = y.extent(-2) - 1;
  return {slice(y, -2, {0, length}, at), squeeze(slice(y, -2, {length, length + 1}, at), {-2}, at)};
}

#define EBB_INSTANTIATE(T)                                                                                            \
  template Tensor<T> rnn(const Operand<T>&, const Operand<T>&, const Operand<T>&, SourceLocation);                    \
  template Tensor<T> gru(const Operand<T>&, const Operand<T>&, const Operand<T>&, const Operand<T>&, SourceLocation); \
  template LSTMResult<T> lstm(const Operand<T>&, const Operand<T>&, const Operand<T>&, const Operand<T>&,             \
                              SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
