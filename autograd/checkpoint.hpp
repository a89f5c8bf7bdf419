#pragma once

#include <functional>
#include <span>
#include <type_traits>
#include <utility>

#include "base/visibility.hpp"
#include "tape.hpp"

namespace ebb EBB_PUBLIC {

/// A function as `checkpoint` takes it.
template <class T>
using CheckpointFunction = std::function<Tensor<T>(std::span<const Tensor<T>>)>;

/// Computes f(x...) and keeps only x: the records that f makes are made again when the backward walk gets there
/// (rematerialisation: Griewank & Walther 2000; Chen et al. 2016). Memory for time; the gradients are the same bit for
/// bit, those of higher order but for rounding. Checkpoints nest. f may use what it captured: parameters, and tensors
/// of the tape in scope, get their gradients as if they had been passed in.
///
/// f must compute the same thing each time (dropout does: it takes its Key by value). What it captured by reference
/// must live until the walk: a loop's counter does not. It may call `grad` and `backward` only on a Tape of its own.
/// Hooks that f sets are set when it runs again. Throws what f throws; the walk throws Error if f then gives another
/// shape or other numbers, or finds another value in a parameter.
///
///     auto y = ebb::checkpoint([&](auto h) { return block(h); }, x);
template <class T>
Tensor<T> checkpoint(CheckpointFunction<T> f, std::span<const Tensor<T>> x,
                     SourceLocation at = SourceLocation::current());
/// The number of the first inputs, those that the record's forward function takes: all of them, but for a checkpoint,
/// whose further inputs are tensors that its function captured.
template <class T>
std::size_t arguments_of(const Record<T>& record);

/// The function as one of a span of its arguments.
template <class T, class F, std::size_t... i>
CheckpointFunction<T> as_checkpoint_function(const F& f, std::index_sequence<i...>) {
  if constexpr (std::is_copy_constructible_v<F>)
    return [f](std::span<const Tensor<T>> x) -> Tensor<T> { return f(x[i]...); };
  else
    static_assert(sizeof(F) == 0,
                  "checkpoint() keeps a copy of its function: pass a lambda that refers to the model, "
                  "[&](auto h) { return model(h); }");
}

template <class F, class T>
Tensor<T> checkpoint(const F& f, const Operand<T>& x, SourceLocation at = SourceLocation::current()) {
  const Tensor<T> inputs[] = {x.tensor(at)};
  return checkpoint<T>(as_checkpoint_function<T, std::decay_t<F>>(f, std::make_index_sequence<1>()), inputs, at);
}
template <class F, class T>
Tensor<T> checkpoint(const F& f, const Operand<T>& a, const Operand<T>& b,
                     SourceLocation at = SourceLocation::current()) {
  const Tensor<T> inputs[] = {a.tensor(at), b.tensor(at)};
  return checkpoint<T>(as_checkpoint_function<T, std::decay_t<F>>(f, std::make_index_sequence<2>()), inputs, at);
}
template <class F, class T>
Tensor<T> checkpoint(const F& f, const Operand<T>& a, const Operand<T>& b, const Operand<T>& c,
                     SourceLocation at = SourceLocation::current()) {
  const Tensor<T> inputs[] = {a.tensor(at), b.tensor(at), c.tensor(at)};
  return checkpoint<T>(as_checkpoint_function<T, std::decay_t<F>>(f, std::make_index_sequence<3>()), inputs, at);
}

}  // namespace ebb
