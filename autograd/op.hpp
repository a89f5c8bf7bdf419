#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "attributes.hpp"
#include "base/error.hpp"
#include "parameter.hpp"
#include "storage/inline_vector.hpp"
#include "tensor.hpp"

namespace ebb EBB_PUBLIC {

template <class T>
struct Record;
template <class T>
class Adjoints;
template <class T>
class ReverseSweep;

/// The values that an op's forward function computes from.
template <class T>
using Inputs = std::span<const Tensor<T>>;

/// An op in text: for `explain`, for the tape's page, and for whoever reads the op's source. Inputs go
/// by the names that follow the d of their derivatives; the last derivative stands for all further inputs, and "_i" in
/// it for their number.
struct Formula {
  const char* value = "";                       // "y = a b"
  std::array<const char*, 4> derivatives = {};  // by input: "da = dy b", "db = dy a"
  const char* words = "";                       // what that does to a gradient, in a sentence
};

/// The derivative with respect to this input, as text; null if the formula gives none.
inline const char* derivative_of(const Formula& formula, std::size_t input) {
  std::size_t k = std::min(input, formula.derivatives.size() - 1);
  while (k > 0 && formula.derivatives[k] == nullptr) --k;
  return formula.derivatives[k];
}

/// A static description of an operation: how its value comes about, and how a cotangent of its result passes back.
template <class T>
struct Op {
  const char* name;
  /// Computes the value from the inputs and `record.attributes`, and saves in the record what `backward` will need.
  /// Null for leaves, whose value comes from outside the tape. It may be written with ops; they are not recorded, so
  /// that what it saves of theirs is a constant to `backward`.
  Array<T> (*forward)(Record<T>& record, Inputs<T> x);
  /// Adds to the adjoints of the inputs, given that of the result. Written with ops, so that it can itself be
  /// differentiated. Null for leaves.
  void (*backward)(const Record<T>& record, const Tensor<T>& dy, Adjoints<T>& d);
  Formula formula = {};
  /// True if the value costs so little that, where it is large, later records do not keep it: the walk computes it anew
  /// when it comes to the first of them. Such an op saves all of its inputs, in their order, before anything else.
  bool recomputed = false;
  /// Makes the attributes of a call, with the default of each field, for tools that set them by name. Null for an op
  /// that has none.
  Attributes (*attributes)() = nullptr;
};

/// For the last member of an Op: `.attributes = default_attributes<SoftmaxAttributes>`.
template <AttributeStruct A>
Attributes default_attributes() {
  return A{};
}

/// One line of the tape.
template <class T>
struct Record {
  const Op<T>* op = nullptr;
  const std::string* scope = nullptr;
  SourceLocation where;
  InlineVector<Index, 3> inputs;  // the records that made the inputs; -1 for a constant
  Shape shape;                    // of the result
  Attributes attributes;

  /// Keeps an input (or other tensor) for `backward`, where it may enter as a differentiable value.
  void save(const Tensor<T>& x) {
    if (recording()) saved.push_back(x);
  }
  /// Keeps the result for `backward`.
  void save_output() { output_saved = true; }
  /// Keeps an array that a kernel computed on the way: a constant to `backward`, never for a graph of higher order.
  void cache(Array<T> x) {
    if (recording()) cached.push_back(std::move(x));
  }

  /// Returns true if this record is on a tape; the forward function of an untracked call gets one that is not.
  bool recording() const { return slot.tape != Slot::no_tape; }

  Slot slot;
  InlineVector<Tensor<T>, 2> saved;
  std::vector<Array<T>> cached;
  std::shared_ptr<typename Parameter<T>::State> parameter;  // of a parameter's leaf
  Tensor<T> output;                                         // if saved (undefined otherwise)
  bool output_saved = false;
};

/// The name of a parameter's leaf after that of the scope that used it first ("head.weight"). Empty for any other
/// record, and for a parameter that was given no name.
template <class T>
std::string parameter_name(const Record<T>& record);

/// The value that the record's op gives for other inputs of the same shapes, as if it had been called with them.
/// Nothing is recorded or saved.
template <class T>
Array<T> replay(const Record<T>& record, Inputs<T> x);

/// Handed to a derivative: which inputs need an adjoint, and where to add it.
template <class T>
class Adjoints {
 public:
  /// Returns true if the adjoint of this input is asked for; computing others is wasted work.
  bool needs(std::size_t input) const;
  /// The shape of an input that is needed.
  const Shape& shape(std::size_t input) const;
  /// Adds to the adjoint of this input. Throws Error if the shape is not the input's.
  void add(std::size_t input, Tensor<T> adjoint);
  /// Adds to a part of the adjoint of this input, for a derivative that is 0 elsewhere, so that it costs what the part
  /// costs: `add_to` adds to the elements of an array of the input's shape. Where a graph of higher order is built or
  /// an observer looks on, `whole` makes the adjoint of zeros, written with ops.
  ///
  ///     d.add_part(
  ///         0, [&] { return pad(dy, 0, 3, 2); }, [&](double* dx) { dx[3] += dy.item(); });
  template <class Whole, class AddTo>
  void add_part(std::size_t input, const Whole& whole, const AddTo& add_to) {
    if (!needs(input)) return;
    if (T* const sum = sum_in_place(input))
      add_to(sum);
    else
      add(input, whole());
  }
  /// Adds to rows along the first axis of this input, rows[j] to the one of number numbers[j], as add_part() would. Of
  /// a parameter that has no other gradient, such as a table of embeddings, only these rows are kept.
  template <class Whole, class AddTo>
  void add_rows(std::size_t input, const IntArray& numbers, const Tensor<T>& rows, const Whole& whole,
                const AddTo& add_to) {
    if (!needs(input) || keep_rows(input, numbers, rows)) return;
    add_part(input, whole, add_to);
  }
  /// Returns true if derivatives of this derivative may be asked for: then it must be written with ops alone, on saved
  /// tensors.
  bool create_graph() const;

 private:
  friend class ReverseSweep<T>;
  template <class U>
  friend class Capture;  // the derivative of checkpoint runs a part of the sweep itself
  Adjoints(ReverseSweep<T>& sweep, const Record<T>& record) : sweep_(sweep), record_(record) {}
  T* sum_in_place(std::size_t input);
  bool keep_rows(std::size_t input, const IntArray& numbers, const Tensor<T>& rows);
  ReverseSweep<T>& sweep_;
  const Record<T>& record_;
};

/// The one way by which operations run: computes the value at once and, if a tape is recording and an input is tracked,
/// appends one record. Throws Error, with the op, the user's line and the scope, for what the op's forward rejects and
/// for a tensor of another tape.
template <class T>
Tensor<T> apply(const Op<T>& op, std::initializer_list<const Operand<T>*> inputs, Attributes&& attributes,
                SourceLocation at);
/// Takes any number of inputs.
template <class T>
Tensor<T> apply(const Op<T>& op, std::span<const Tensor<T>> inputs, Attributes&& attributes, SourceLocation at);

/// Makes the Error that `apply` throws: the op, the message, the user's line and the scope. For a function that is made
/// of ops and checks its arguments first.
Error error_in(const char* op, const std::string& message, SourceLocation at);

}  // namespace ebb
