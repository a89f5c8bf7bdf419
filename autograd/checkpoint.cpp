#include "checkpoint.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <set>
#include <type_traits>
#include <vector>

#include "base/error.hpp"
#include "engine_ops.h"
#include "reverse_sweep.h"

namespace ebb EBB_PUBLIC {

/// While it is alive, the tape records no operation but notes which of its records they take their inputs from.
/// Parameters still get their leaves.
template <class T>
class Capture {
 public:
  explicit Capture(Tape<T>& tape) : tape_(tape) { tape.captured_ = &used_; }
  ~Capture() { tape_.captured_ = nullptr; }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  void note(const Tensor<T>& x) {
    tape_.check_on_this_tape(x);
    if (x.tracked()) used_.insert(x.slot().record);
  }
  const std::set<Index>& used() const { return used_; }

  /// Returns true while the function of an outer checkpoint runs, which then notes for both.
  static bool under_way(const Tape<T>& tape) { return tape.captured_ != nullptr; }
  static ReverseSweep<T>& sweep_of(const Adjoints<T>& d) { return d.sweep_; }
  static Record<T>& append(Tape<T>& tape, const Op<T>& op, SourceLocation at) { return tape.append(op, at); }
  static void show(Tape<T>& tape, Record<T>& record, std::span<const Tensor<T>> x, const Tensor<T>& y) {
    if (!tape.inspected()) return;
    try {
      tape.show_value(record, x, y);
    } catch (const Break&) {
      throw;  // the record stays, to be looked at
    } catch (...) {
      tape.forget_from(record.slot.record);
      throw;
    }
  }

 private:
  Tape<T>& tape_;
  std::set<Index> used_;
};

namespace {

constexpr Formula checkpoint_formula{
    "y = f of all x_i: its arguments, then whatever else it uses",
    {"dx_i = what a walk with dy leaves at x_i, over f recorded anew"},
    "The gradient takes the way that it would have taken through the records of f, which are made a second time for "
    "it.",
};

/// A number that tells arrays apart whose values differ in any bit (FNV-1a, over words rather than bytes).
template <class T>
std::uint64_t checksum_of(const Array<T>& x) {
  using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  std::uint64_t checksum = 14695981039346656037U;
  for (Index i = 0; i < x.size(); ++i) checksum = (checksum ^ std::bit_cast<Word>(x.data()[i])) * 1099511628211U;
  return checksum;
}

/// The function, and the number of its arguments. They come first among the inputs; after them comes what the function
/// captured, which a call of it finds for itself.
template <class T>
struct CheckpointAttributes {
  Index arguments;
  std::shared_ptr<const CheckpointFunction<T>> function;
  std::uint64_t checksum;  // of the function's value
  static void visit(auto& self, auto&& field) { field("arguments", self.arguments), field("function", self.function); }
};

template <class T>
Array<T> checkpoint_forward(Record<T>& r, Inputs<T> x) {
  const auto& attributes = r.attributes.template as<CheckpointAttributes<T>>();
  return (*attributes.function)(x.first(to_size(attributes.arguments))).value();
}

/// Throws Error unless the function, recorded anew from record `start` on, did as it did the first time.
template <class T>
void check_recomputed(const Tape<T>& tape, Index start, const Tensor<T>& y, const Tensor<T>& dy,
                      std::uint64_t checksum) {
  tape.check_on_this_tape(y);
  if (!(y.shape() == dy.shape()))
    throw Error(
        fmt::format("the function gave shape {} when it was recomputed, but {} when it first ran; it must do "
                    "the same each time",
                    to_string(y.shape()), to_string(dy.shape())));
  for (Index i = start; i < tape.size(); ++i)
    if (tape[i].parameter != nullptr)
      throw Error(
          fmt::format("the function found another value in parameter '{}' when it was recomputed, or did not "
                      "use it when it first ran; it must do the same each time",
                      parameter_name(tape[i])));
  if (checksum_of(y.value()) != checksum)
    throw Error(
        "the function gave other numbers when it was recomputed than when it first ran; it must do the same each "
        "time: dropout in it, say, must get a Key that was drawn outside");
}

template <class T>
void checkpoint_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  std::vector<Tensor<T>> x;
  for (std::size_t i = 0; i < r.saved.size(); ++i) x.push_back(r.saved[i]);
  const auto& attributes = r.attributes.template as<CheckpointAttributes<T>>();
  ReverseSweep<T>& sweep = Capture<T>::sweep_of(d);
  const auto recomputed = [&] {
    const Index start = sweep.tape().size();
    Tensor<T> y = (*attributes.function)(x);
    check_recomputed(sweep.tape(), start, y, dy, attributes.checksum);
    return y;
  };
  sweep.rerun(r, recomputed, dy);
}

template <class T>
constexpr Op<T> checkpoint_op{"checkpoint", checkpoint_forward<T>, checkpoint_backward<T>, checkpoint_formula};

}  // namespace

template <class T>
Tensor<T> checkpoint(CheckpointFunction<T> f, std::span<const Tensor<T>> x, SourceLocation at) {
  if (f == nullptr) throw error_in("checkpoint", "there is no function to call", at);
  Tape<T>* tape = Tape<T>::recording();
  if (tape == nullptr || Capture<T>::under_way(*tape)) return f(x);

  Capture<T> capture(*tape);
  const Tensor<T> y = f(x);
  if (!y.defined()) throw Error("checkpoint(): the function returned an undefined tensor");
  capture.note(y);
  if (capture.used().empty()) return y;

  Record<T>& record = Capture<T>::append(*tape, checkpoint_op<T>, at);
  std::set<Index> captured = capture.used();
  for (const Tensor<T>& input : x) {
    // An argument that f does not use is a constant to it, and may stand on another tape.
    const bool used = input.slot().tape == tape->id() && capture.used().contains(input.slot().record);
    if (used) captured.erase(input.slot().record);
    record.inputs.push_back(used ? input.slot().record : -1);
    record.save(input);
  }
  for (Index each : captured) record.inputs.push_back(each);
  record.shape = y.shape();
  record.attributes =
      CheckpointAttributes<T>{static_cast<Index>(x.size()), std::make_shared<const CheckpointFunction<T>>(std::move(f)),
                              checksum_of(y.value())};
  const Tensor<T> recorded(y.value(), record.slot);
  Capture<T>::show(*tape, record, x, recorded);
  return recorded;
}

template <class T>
std::size_t arguments_of(const Record<T>& record) {
  if (record.op != &checkpoint_op<T>) return record.inputs.size();
  return to_size(record.attributes.template as<CheckpointAttributes<T>>().arguments);
}

#define EBB_INSTANTIATE(T)                                                                          \
  template Tensor<T> checkpoint(CheckpointFunction<T>, std::span<const Tensor<T>>, SourceLocation); \
  template std::size_t arguments_of(const Record<T>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb

// For the library's own use, so not in its public namespace.
namespace ebb {

template <class T>
bool is_checkpoint(const Op<T>& op) {
  return &op == &checkpoint_op<T>;
}

template bool is_checkpoint(const Op<float>&);
template bool is_checkpoint(const Op<double>&);

}  // namespace ebb
