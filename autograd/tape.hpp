#pragma once

#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "base/visibility.hpp"
#include "observer.hpp"
#include "op.hpp"
#include "scope.hpp"
#include "storage/stable_vector.hpp"

namespace ebb EBB_PUBLIC {

struct TapeOptions {
  /// Keeps every value, saved tensor and adjoint for inspection, instead of freeing them as the walk passes.
  bool keep_all = false;
  /// Values of at least so many bytes are computed anew by the walk where that is cheap (norms, activations), instead
  /// of being kept by the records from the forward pass on.
  std::size_t recompute_from = std::size_t{1} << 20;
};

/// The parameters whose gradients a walk is to add to: made of a list of them, from nn::parameters, say.
template <class T>
class Recipients {
 public:
  template <class List>
  requires requires(const List& list) { std::begin(list) != std::end(list); }
  Recipients(const List& parameters) {
    for (const Parameter<T>& parameter : parameters) states_.push_back(parameter.shared_state());
  }
  const std::vector<std::shared_ptr<typename Parameter<T>::State>>& states() const { return states_; }

 private:
  std::vector<std::shared_ptr<typename Parameter<T>::State>> states_;
};

template <class T>
struct BackwardOptions {
  /// Leaves the tape as it is, so that it can be walked again.
  bool keep = false;
  /// The parameters, if not all, whose gradients the walk adds to; it computes no more than these and those of watched
  /// leaves take: `tape.backward(loss, {.into = nn::parameters(generator)})`.
  std::optional<Recipients<T>> into = {};
  /// Adds to what earlier walks left where it would not else: to gradients of walks after which some optimizer has
  /// stepped, for optimizers that step at different times, and at watched leaves, whose gradient is otherwise that of
  /// the last walk.
  bool accumulate = false;
};

/// A hook that was set, for Tape::remove_hook.
struct HookHandle {
  std::uint64_t tape;
  Index record;
  std::uint64_t number;
};

/// The ways for a walk to go over a tape; `grad` and Walk choose.
struct WalkOptions {
  /// Records the derivatives' own operations, so that they can be differentiated in turn.
  bool create_graph = false;
  /// Frees each record's saved values when the walk has passed it.
  bool consume = false;
  /// Calls the tape's hooks and observers.
  bool hooks = true;
};

/// The Wengert list: the operations in the order in which they ran, one record each. Recording starts with the tape and
/// ends with its scope; a tape belongs to the thread that made it, and ends there; tapes nest. Neither copied nor
/// moved.
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
  /// keep it. Walks of several threads may add to the same parameters. Throws Error unless `loss` has one element and
  /// stands on this tape, for a tape already walked, where a hook or an observer would free the tape that is being
  /// recorded or walked, and where a gradient would go astray: into a parameter that no optimizer holds while others
  /// are held, or onto the gradient of a walk after which an optimizer has stepped.
  void backward(const Tensor<T>& loss, BackwardOptions<T> options = {});

  /// Calls `hook` with the whole gradient of `x` when a walk reaches it, before it flows on.
  HookHandle hook(const Operand<T>& x, std::function<void(const Tensor<T>&)> hook,
                  SourceLocation at = SourceLocation::current());
  /// Calls `hook` likewise, and lets the gradient that it returns (of the same shape) flow on instead.
  HookHandle replace_gradient(const Operand<T>& x, std::function<Tensor<T>(const Tensor<T>&)> hook,
                              SourceLocation at = SourceLocation::current());
  /// Takes a hook away again, from the next walk on. Throws Error if there is no such hook on this tape: it was
  /// removed, or rewound with its record, or is one that a function given to checkpoint() sets when it runs again.
  void remove_hook(const HookHandle& hook);

  /// Lets an observer look on from here to the end of the tape; see observer.hpp. The tape shares in owning it.
  void observe(std::shared_ptr<Observer<T>> observer);

  /// The adjoint at a record, for inspection: that of the walk under way, or else that which the last backward walk
  /// left (at watched leaves; with keep_all, everywhere). Undefined where nothing flowed. Throws Error if there is no
  /// such record, as do `input` and `[]`.
  Tensor<T> adjoint(Index record) const;
  /// The value that a record took as its input number `input`, constants as well. Throws Error unless the tape keeps
  /// all.
  Tensor<T> input(Index record, std::size_t input) const;

  Index size() const { return static_cast<Index>(records_.size()); }
  const Record<T>& operator[](Index i) const {
    if (to_size(i) >= records_.size()) throw_no_record(i);
    return record(i);
  }
  /// The record of a tensor, or the newest leaf of a parameter. Throws Error if it has none on this tape.
  const Record<T>& operator[](const Operand<T>& x) const;
  std::uint64_t id() const { return id_; }
  bool keeps_all() const { return options_.keep_all; }
  /// Returns true if this saved value is not kept by `record`, because the walk computes it anew. A tape that keeps all
  /// answers as one that does not.
  bool recomputes(const Record<T>& record, const Tensor<T>& saved) const;
  /// Returns true once a backward walk consumes it: it records no more, and the values that it saved are freed. (False
  /// while such a walk runs the function of a checkpoint anew, which is recorded.)
  bool walked() const { return life_ == Life::consumed || life_ == Life::retired; }
  /// Returns true while a function given to checkpoint() runs for the first time: no operation is recorded, no hook
  /// set.
  bool in_checkpoint() const { return captured_ != nullptr; }
  /// The records of a parameter on this tape: none if it was not used yet, several if its value was replaced meanwhile.
  std::span<const Index> leaves_of(const Parameter<T>& parameter) const;
  /// Throws Error for a tensor recorded on another tape, or on records rewound since.
  void check_on_this_tape(const Tensor<T>& x) const;

  /// Forgets the records from number `size` on. To record an op on a tensor that stood on them is an error afterwards.
  /// Throws Error for a negative size, inside an observer, and while there is a walk over records that would go.
  void rewind(Index size);

  /// The innermost tape in scope on this thread, or null.
  static Tape* current();
  /// The innermost tape if it is recording: not under NoRecording, not walked yet.
  static Tape* recording();
  /// The tape in scope on this thread with this id, or null.
  static Tape* find(std::uint64_t id);

 private:
  friend class ReverseSweep<T>;
  friend class Operand<T>;
  template <class U>
  friend class Capture;
  template <class U>
  friend class Rewinding;
  template <class U>
  friend Tensor<U> apply(const Op<U>&, std::span<const Tensor<U>>, Attributes&&, SourceLocation);
  template <class U>
  friend void announce(const Tensor<U>&);

  struct Hook {
    std::uint64_t number;
    std::function<Tensor<T>(const Tensor<T>&)> function;
  };

  enum class Life {
    recording,  // operations append records
    paused,     // a walk that keeps the tape is under way: nothing is recorded meanwhile
    consumed,   // a walk that frees the tape is under way
    retired,    // that walk is over: the tape outside this one records again
  };

  Record<T>& record(Index i) { return records_[to_size(i)]; }
  const Record<T>& record(Index i) const { return records_[to_size(i)]; }
  [[noreturn]] void throw_no_record(Index i) const;
  void forget_from(Index size);
  Record<T>& append(const Op<T>& op, SourceLocation at);
  static Tensor<T> leaf_or_constant(const Parameter<T>& parameter, SourceLocation at);
  void check_loss(const Tensor<T>& loss) const;
  void drop_recomputed(Record<T>& record) const;
  /// Tells whether an operation or a walk has to look closer: this one test is all that it costs where nobody looks on.
  bool inspected() const { return (inspected_ | break_at_non_finite) != 0; }
  [[gnu::cold]] void show_value(Record<T>& record, Inputs<T> x, const Tensor<T>& y);
  /// Makes one of the four calls to every observer: `tell(&Observer<T>::recorded, record, y)`.
  template <class... A>
  [[gnu::cold]] void tell(void (Observer<T>::*call)(A...), std::type_identity_t<A>... arguments) const {
    if (!tells_) return;
    const NoRecording off;
    const Telling under_way(telling_);
    if (break_at_non_finite != 0) (non_finite_observer<T>().*call)(arguments...);
    for (std::size_t i = 0; i < observers_.size(); ++i) {
      const std::shared_ptr<Observer<T>> observer = observers_[i];  // it may register further ones
      ((*observer).*call)(arguments...);
    }
  }
  static Tape*& innermost();  // of this thread

  struct Telling {
    explicit Telling(int& count_) : count(count_) { ++count; }
    ~Telling() { --count; }
    Telling(const Telling&) = delete;
    Telling& operator=(const Telling&) = delete;
    int& count;
  };

  const std::thread::id thread_ = std::this_thread::get_id();
  const KeptScopeNames scope_names_;
  const std::uint64_t id_;
  const TapeOptions options_;
  Tape* outer_;
  Life life_ = Life::recording;
  StableVector<Record<T>> records_;
  std::uint32_t generation_ = 0;                                // how often records were rewound
  std::unordered_map<const void*, std::vector<Index>> leaves_;  // the records of each parameter, by its state
  std::set<Index>* captured_ = nullptr;                         // where a checkpoint notes what its function uses
  std::unordered_map<Index, std::vector<Hook>> hooks_;          // by record
  std::uint64_t last_hook_ = 0;                                 // the number of the newest
  ReverseSweep<T>* sweep_ = nullptr;                            // the newest that is alive
  bool has_gradients_ = false;                                  // a backward walk succeeded
  std::unordered_map<Index, Tensor<T>> gradients_;              // of watched leaves; of every record under keep_all
  std::unordered_map<Index, std::vector<Tensor<T>>> inputs_;    // of records with a constant among them, under keep_all
  std::vector<std::shared_ptr<Observer<T>>> observers_;
  int inspected_ = options_.keep_all;  // or there are observers
  bool tells_ = true;                  // not while a walk without hooks is under way
  mutable int telling_ = 0;            // how many calls of observers are under way, one inside the other
};

/// A layer's word that `x` is worth watching (a block's input, say). Costs nothing unless a tape has an observer.
template <class T>
void announce(const Tensor<T>& x);

extern template class Tape<float>;
extern template class Tape<double>;

}  // namespace ebb
