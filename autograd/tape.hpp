#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/visibility.hpp"
#include "inspect/break_when.hpp"
#include "op.hpp"
#include "storage/stable_vector.hpp"

namespace ebb EBB_PUBLIC {

struct TapeOptions {
  /// Keeps every value, saved tensor and adjoint for inspection, instead of freeing them as the walk passes.
  bool keep_all = false;
  /// Values of at least so many bytes are computed anew by the walk where that is cheap (norms, activations), instead
  /// of being kept by the records from the forward pass on.
  std::size_t recompute_from = std::size_t{1} << 20;
};

struct BackwardOptions {
  /// Leaves the tape as it is, so that it can be walked again.
  bool keep = false;
};

/// The Wengert list: the operations in the order in which they ran, one record each. Recording starts with the tape and
/// ends with its scope; a tape belongs to the thread that made it, and tapes nest. Neither copied nor moved.
///
///     ebb::Tape<float> tape;
///     auto loss = mean(square(model(x) - y));
///     tape.backward(loss);
template <class T>
class Tape {
 public:
  explicit Tape(TapeOptions options = {});
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// Makes a leaf of a value, so that gradients flow to it: `auto x = tape.watch(x0); ...; tape.gradient(x)`.
  Tensor<T> watch(const Tensor<T>& x, SourceLocation at = SourceLocation::current());
  /// The gradient that the last backward walk left at a watched leaf (or, with keep_all, at any tensor of this tape):
  /// zeros if the loss does not depend on it. Throws Error for other tensors, and before a walk succeeded.
  Tensor<T> gradient(const Tensor<T>& x) const;

  /// Walks the records from `loss` back to the first, and adds to the gradient of every trainable parameter that the
  /// loss depends on: all of them at the end, none if a derivative throws. Frees the tape as it goes, unless told to
  /// keep it. Throws Error unless `loss` has one element and stands on this tape, and for a tape already walked.
  void backward(const Tensor<T>& loss, BackwardOptions options = {});

  /// Calls `hook` with the whole gradient of `x` when a walk reaches it, before it flows on.
  void hook(const Operand<T>& x, std::function<void(const Tensor<T>&)> hook,
            SourceLocation at = SourceLocation::current());
  /// The same, and lets what `hook` returns (of the same shape) flow on instead.
  void replace_gradient(const Operand<T>& x, std::function<Tensor<T>(const Tensor<T>&)> hook,
                        SourceLocation at = SourceLocation::current());

  /// Calls `observer` for every tensor that a layer announces while this tape is recording: inside a checkpoint twice,
  /// first when it runs (see `in_checkpoint`) and again when a walk runs it anew.
  void on_announce(std::function<void(const std::string& scope, const Tensor<T>&)> observer);

  /// Stops where this condition holds, in operations that it records and in walks over it; see break_when.hpp.
  void break_when(Condition<T> condition) {
    conditions_.push_back(std::move(condition));
    inspects_ = true;
  }

  /// The adjoint at a record, for inspection: that of the walk under way, or else what the last backward walk left (at
  /// watched leaves; with keep_all, everywhere). Undefined where nothing flowed.
  Tensor<T> adjoint(Index record) const;
  /// The value that a record took as its input number `input`, constants as well. Throws Error unless the tape keeps
  /// all.
  Tensor<T> input(Index record, std::size_t input) const;

  Index size() const { return static_cast<Index>(records_.size()); }
  const Record<T>& operator[](Index i) const { return records_[to_size(i)]; }
  std::uint64_t id() const { return id_; }
  bool keeps_all() const { return options_.keep_all; }
  /// Whether a tape that does not keep all leaves it to the walk to compute anew this value that `record` saves.
  bool recomputes(const Record<T>& record, const Tensor<T>& saved) const;
  /// Whether a backward walk has consumed it: it records no more, and what it saved is freed.
  bool walked() const { return walked_; }
  /// Whether a function given to checkpoint() runs for the first time: no operation is recorded, no hook set.
  bool in_checkpoint() const { return captured_ != nullptr; }
  /// The records of a parameter on this tape: none if it was not used yet, several if its value was replaced meanwhile.
  std::span<const Index> leaves_of(const Parameter<T>& parameter) const;
  /// Throws Error for a tensor recorded on another tape, or on records rewound since.
  void check_on_this_tape(const Tensor<T>& x) const;

  /// Forgets the records from number `size` on. To record an op on a tensor that stood on them is an error afterwards.
  void rewind(Index size);

  /// The innermost tape in scope on this thread, or null.
  static Tape* current();
  /// The same if it is recording: not under NoRecording, not walked yet.
  static Tape* recording();
  /// The tape in scope on this thread with this id, or null.
  static Tape* find(std::uint64_t id);

 private:
  friend class Walk<T>;
  friend class Operand<T>;
  template <class U>
  friend class Capture;
  template <class U>
  friend Tensor<U> apply(const Op<U>&, std::span<const Tensor<U>>, Attributes&&, SourceLocation);
  template <class U>
  friend void announce(const Tensor<U>&);

  using Hook = std::function<Tensor<T>(const Tensor<T>&)>;
  using Observer = std::function<void(const std::string&, const Tensor<T>&)>;

  Record<T>& record(Index i) { return records_[to_size(i)]; }
  Record<T>& append(const Op<T>& op, SourceLocation at);
  Tensor<T> leaf(const Parameter<T>& parameter, SourceLocation at);
  void drop_recomputed(Record<T>& record) const;
  [[gnu::cold]] void inspect_value(Record<T>& record, Inputs<T> x, const Tensor<T>& y);
  /// Whether an operation or a walk has to look closer: all that it costs where nobody looks on.
  bool may_inspect() const { return inspects_ || break_at_non_finite != 0; }
  bool has_conditions() const { return observed_ && (!conditions_.empty() || break_at_non_finite != 0); }
  [[gnu::cold]] void check_conditions(const Event<T>& event) const;
  static Tape*& innermost();  // of this thread

  const std::uint64_t id_;
  const TapeOptions options_;
  Tape* outer_;
  bool recording_ = true;                // not while a plain walk is under way, nor after it
  bool walked_ = false;                  // its saved values are gone
  bool retired_ = false;                 // that walk is over: the tape outside it records again
  bool has_gradients_ = false;           // a backward walk succeeded
  std::set<Index>* captured_ = nullptr;  // where a checkpoint notes the records that its function uses
  StableVector<Record<T>> records_;
  std::uint32_t generation_ = 0;                                // how often records were rewound
  std::unordered_map<const void*, std::vector<Index>> leaves_;  // the records of each parameter, by its state
  std::unordered_map<Index, std::vector<Hook>> hooks_;          // by record
  std::unordered_map<Index, Tensor<T>> gradients_;              // of watched leaves; of every record under keep_all
  std::vector<Observer> observers_;
  std::vector<Condition<T>> conditions_;
  bool inspects_ = options_.keep_all;                         // or there are conditions
  std::unordered_map<Index, std::vector<Tensor<T>>> inputs_;  // of records with a constant among them, under keep_all
  bool observed_ = true;                                      // by conditions and observers
  Index fleeting_from_ = std::numeric_limits<Index>::max();   // records from here on go if the walk under way fails
  Walk<T>* walk_ = nullptr;                                   // the newest that is alive
};

/// A layer's word that `x` is worth watching (a block's input, say). Costs nothing unless a tape has an observer.
template <class T>
void announce(const Tensor<T>& x);

extern template class Tape<float>;
extern template class Tape<double>;

}  // namespace ebb
