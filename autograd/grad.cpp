#include "grad.h"

#include <fmt/format.h>

#include "base/error.hpp"
#include "reverse_sweep.h"

namespace ebb EBB_PUBLIC {

namespace {

template <class T>
void check_recorded(const Operand<T>& x, std::size_t number, const std::vector<Index>& records, bool allow_unused) {
  if (x.is_parameter()) {
    if (records.empty() && !allow_unused)
      throw Error(
          fmt::format("grad(): no operation on this tape took x[{}], parameter '{}' of shape {}: it is frozen, or "
                      "another one was used in its place; {{.allow_unused = true}} gives zeros",
                      number, static_cast<const Parameter<T>&>(x).name(), to_string(x.shape())));
    return;
  }
  const auto& tensor = static_cast<const Tensor<T>&>(x);
  if (!tensor.tracked())
    throw Error(
        fmt::format("grad(): x[{}], of shape {}, stands on no tape; make it a leaf before y is computed: "
                    "auto x = tape.watch(value)",
                    number, tensor.defined() ? to_string(tensor.shape()) : "(undefined)"));
}

/// The records of `x` on `tape`: none for a parameter that was not used there, several for one whose value was
/// replaced.
template <class T>
std::vector<Index> records_of(const Operand<T>& x, const Tape<T>& tape) {
  if (x.is_parameter()) {
    const auto leaves = tape.leaves_of(static_cast<const Parameter<T>&>(x));
    return {leaves.begin(), leaves.end()};
  }
  const auto& tensor = static_cast<const Tensor<T>&>(x);
  tape.check_on_this_tape(tensor);
  return tensor.tracked() ? std::vector<Index>{tensor.slot().record} : std::vector<Index>();
}

template <class T>
Tensor<T> cotangent_of(const Tensor<T>& y, const Tensor<T>& given) {
  if (given.defined()) {
    if (!(given.shape() == y.shape()))
      throw Error(fmt::format("grad(): the cotangent has shape {}, but y has {}", to_string(given.shape()),
                              to_string(y.shape())));
    return given;
  }
  if (y.size() != 1)
    throw Error(
        fmt::format("grad(): y has shape {}; a gradient is that of one element: reduce y with sum() or mean(), or "
                    "give a cotangent of its shape: {{.cotangent = v}}",
                    to_string(y.shape())));
  return Tensor<T>(Array<T>(y.shape(), T{1}));
}

template <class T>
std::vector<Tensor<T>> zeros_for(const Targets<T>& x) {
  std::vector<Tensor<T>> zeros;
  for (std::size_t i = 0; i < x.size(); ++i) zeros.emplace_back(Array<T>(x[i].shape(), T{0}));
  return zeros;
}

/// The gradients of the sum of v_i . y_i, all of which stand on this tape.
template <class T>
std::vector<Tensor<T>> gradients_on(Tape<T>& tape, const std::vector<Tensor<T>>& y, const std::vector<Tensor<T>>& v,
                                    const Targets<T>& x, bool create_graph, bool allow_unused) {
  std::vector<std::vector<Index>> records;
  std::vector<Index> targets;
  for (std::size_t i = 0; i < x.size(); ++i) {
    records.push_back(records_of(x[i], tape));
    check_recorded(x[i], i, records.back(), allow_unused);
    targets.insert(targets.end(), records.back().begin(), records.back().end());
  }
  if (targets.empty()) return zeros_for(x);
  std::size_t last = 0;
  for (std::size_t i = 1; i < y.size(); ++i)
    if (y[i].slot().record > y[last].slot().record) last = i;
  ReverseSweep<T> sweep(tape, y[last], v[last], {.create_graph = create_graph}, targets);
  for (std::size_t i = 0; i < y.size(); ++i)
    if (i != last) sweep.start_at(y[i], v[i]);
  sweep.run(sweep.first());
  std::vector<Tensor<T>> result;
  for (std::size_t i = 0; i < x.size(); ++i) {
    result.push_back(sweep.adjoint_sum(records[i]));
    if (!result[i].defined()) result[i] = Tensor<T>(Array<T>(x[i].shape(), T{0}));
  }
  return result;
}

}  // namespace

template <class T>
std::vector<Tensor<T>> grad(const Tensor<T>& y, const std::type_identity_t<Targets<T>>& x, GradOptions<T> options) {
  if (!y.defined()) throw Error("grad(): y is undefined");
  if (!y.tracked() && options.allow_unused) return zeros_for(x);
  Tensor<T> cotangent = cotangent_of(y, options.cotangent);
  Tape<T>* tape = y.tracked() ? Tape<T>::find(y.slot().tape) : Tape<T>::current();
  if (tape == nullptr)
    throw Error(y.tracked() ? "grad(): y's tape is no longer in scope on this thread; call grad() while the Tape lives"
                            : "grad(): y stands on no tape, and none is in scope; make a Tape before y is computed");
  if (!y.tracked())
    throw Error(
        "grad(): y stands on no tape: it depends on no parameter or watched tensor, or was computed before the Tape "
        "was made, or under NoRecording; {.allow_unused = true} gives zeros");
  if (tape->walked())
    throw Error("grad(): this tape was walked already, and what it saved is freed; pass {.keep = true} to backward()");
  tape->check_on_this_tape(y);

  return gradients_on(*tape, {y}, {cotangent}, x, options.create_graph, options.allow_unused);
}

#define EBB_INSTANTIATE(T) \
  template std::vector<Tensor<T>> grad(const Tensor<T>&, const std::type_identity_t<Targets<T>>&, GradOptions<T>);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)
#undef EBB_INSTANTIATE

}  // namespace ebb

namespace ebb {

template <class T>
std::vector<Tensor<T>> gradients_of_all(const std::vector<Tensor<T>>& y, const std::vector<Tensor<T>>& v,
                                        const Targets<T>& x) {
  std::vector<Tensor<T>> tracked, cotangents;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!y[i].tracked()) continue;
    tracked.push_back(y[i]);
    cotangents.push_back(v[i]);
  }
  if (tracked.empty()) return zeros_for(x);
  return gradients_on(*Tape<T>::find(tracked.front().slot().tape), tracked, cotangents, x, false, true);
}

#define EBB_INSTANTIATE(T)                                                                                       \
  template std::vector<Tensor<T>> gradients_of_all(const std::vector<Tensor<T>>&, const std::vector<Tensor<T>>&, \
                                                   const Targets<T>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
