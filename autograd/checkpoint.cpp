#include "checkpoint.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "error.hpp"
#include "walk.hpp"

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

  /// Whether a function given to another checkpoint is running, which then notes for both.
  static bool under_way(const Tape<T>& tape) { return tape.captured_ != nullptr; }
  static Record<T>& append(Tape<T>& tape, const Op<T>& op, SourceLocation at) { return tape.append(op, at); }

 private:
  Tape<T>& tape_;
  std::set<Index> used_;
};

namespace {

constexpr Formula checkpoint_formula{
    "y = f of all x_i, where x_i may also be what f used beyond its arguments",
    {"dx_i = what a walk with dy leaves at x_i, over f recorded anew"},
    "The gradient takes the way that it would have taken through the records of f, which are made a second time for "
    "it.",
};

template <class T>
void checkpoint_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  std::vector<Tensor<T>> x;
  for (std::size_t i = 0; i < r.saved.size(); ++i) x.push_back(r.saved[i]);
  d.walk().rerun([&] { return r.template payload<CheckpointFunction<T>>()(x); }, dy);
}

/// No forward function: the inputs are whatever f used, which alone do not make up a call of f.
template <class T>
constexpr Op<T> checkpoint_op{"checkpoint", nullptr, checkpoint_backward<T>, checkpoint_formula};

}  // namespace

template <class T>
Tensor<T> checkpoint(CheckpointFunction<T> f, std::span<const Tensor<T>> x, SourceLocation at) {
  Tape<T>* tape = Tape<T>::recording();
  if (tape == nullptr || Capture<T>::under_way(*tape)) return f(x);

  Capture<T> capture(*tape);
  const Tensor<T> y = f(x);
  if (!y.defined()) throw Error("checkpoint(): the function returned an undefined tensor");
  capture.note(y);
  if (capture.used().empty()) return y;

  Record<T>& record = Capture<T>::append(*tape, checkpoint_op<T>, at);
  for (Index used : capture.used()) record.inputs.push_back(used);
  for (const Tensor<T>& input : x) record.save(input);
  record.shape = y.shape();
  record.attributes.payload = std::make_shared<const CheckpointFunction<T>>(std::move(f));
  const Tensor<T> recorded(y.value(), record.slot);
  if (tape->keeps_all()) record.output = recorded;
  return recorded;
}

#define EBB_INSTANTIATE(T) \
  template Tensor<T> checkpoint(CheckpointFunction<T>, std::span<const Tensor<T>>, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
