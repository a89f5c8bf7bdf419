#pragma once

#include <iosfwd>
#include <string>
#include <type_traits>

#include "base/source_location.hpp"
#include "base/visibility.hpp"
#include "storage/array.hpp"

namespace ebb EBB_PUBLIC {

template <class T>
class Tensor;
template <class T>
class Parameter;
template <class T = float>
class Tape;
template <class T>
class Term;

template <class U, class T>
concept OtherThan = !std::is_same_v<U, T>;

/// Where a tensor stands on a tape: the tape's id, unique in the process, and the number of its record. Records may be
/// rewound and their numbers given to others; the generation tells these apart.
struct Slot {
  static constexpr std::uint64_t no_tape = 0;
  static constexpr std::uint64_t parameter = ~std::uint64_t{0};  // a parameter gets its record at its first use

  std::uint64_t tape = no_tape;
  std::int32_t record = -1;
  std::uint32_t generation = 0;

  bool operator==(const Slot&) const = default;
};

/// An argument of an op: a Tensor or a Parameter. Ops name this type in their signatures, so that `matmul(x, w)`
/// deduces T from either; users never need to.
template <class T>
class Operand {
 public:
  bool is_parameter() const { return slot_.tape == Slot::parameter; }
  /// The tensor itself, or the parameter's value, as a leaf of the tape in scope if one is recording.
  Tensor<T> tensor(SourceLocation at = SourceLocation::current()) const;
  /// The shape of the tensor, or of the parameter's value; nothing is recorded.
  const Shape& shape() const;

  // The operators are spelled here, where argument-dependent lookup finds them for every pairing of tensor, parameter
  // and number; the operations themselves are those of ops/arithmetic.cpp and ops/comparison.cpp.
  // Where those are not declared, the compiler's first line says so, rather than a page about templates.
#define EBB_OPERATOR(Result, symbol, operands, call)                             \
  friend Result operator symbol operands {                                       \
    if constexpr (requires { call; })                                            \
      return call;                                                               \
    else                                                                         \
      static_assert(sizeof(T) == 0,                                              \
                    "include <ebb/ops/ops.hpp>: it declares what the operators " \
                    "+ - * / < > <= >= of tensors call");                        \
  }
  EBB_OPERATOR(Tensor<T>, +, (const Term<T>& a, const Term<T>& b), add(a.operand(), b.operand(), a.at()))
  EBB_OPERATOR(Tensor<T>, -, (const Term<T>& a, const Term<T>& b), subtract(a.operand(), b.operand(), a.at()))
  EBB_OPERATOR(Tensor<T>, *, (const Term<T>& a, const Term<T>& b), multiply(a.operand(), b.operand(), a.at()))
  EBB_OPERATOR(Tensor<T>, /, (const Term<T>& a, const Term<T>& b), divide(a.operand(), b.operand(), a.at()))
  EBB_OPERATOR(Tensor<T>, -, (const Term<T>& a), negate(a.operand(), a.at()))
  // x += y makes a new tensor and gives it to the variable x. Copies of the old one keep their value, and so does the
  // tape.
  EBB_OPERATOR(Tensor<T>&, +=, (Tensor<T> & a, const Term<T>& b), a = add(a, b.operand(), b.at()))
  EBB_OPERATOR(Tensor<T>&, -=, (Tensor<T> & a, const Term<T>& b), a = subtract(a, b.operand(), b.at()))
  EBB_OPERATOR(Tensor<T>&, *=, (Tensor<T> & a, const Term<T>& b), a = multiply(a, b.operand(), b.at()))
  EBB_OPERATOR(Tensor<T>&, /=, (Tensor<T> & a, const Term<T>& b), a = divide(a, b.operand(), b.at()))
  EBB_OPERATOR(IntArray, <, (const Term<T>& a, const Term<T>& b), less(a.operand(), b.operand(), a.at()))
  EBB_OPERATOR(IntArray, >, (const Term<T>& a, const Term<T>& b), less(b.operand(), a.operand(), a.at()))
  EBB_OPERATOR(IntArray, <=, (const Term<T>& a, const Term<T>& b), less_equal(a.operand(), b.operand(), a.at()))
  EBB_OPERATOR(IntArray, >=, (const Term<T>& a, const Term<T>& b), less_equal(b.operand(), a.operand(), a.at()))
#undef EBB_OPERATOR
  // Not by a macro, so that the compiler's message shows the comments.
  template <OtherThan<T> U>
  friend Tensor<T> operator+(const Operand<T>&, const Operand<U>&) = delete;  // float and double do not mix
  template <OtherThan<T> U>
  friend Tensor<T> operator-(const Operand<T>&, const Operand<U>&) = delete;  // float and double do not mix
  template <OtherThan<T> U>
  friend Tensor<T> operator*(const Operand<T>&, const Operand<U>&) = delete;  // float and double do not mix
  template <OtherThan<T> U>
  friend Tensor<T> operator/(const Operand<T>&, const Operand<U>&) = delete;  // float and double do not mix
  // Integers have no gradient: a mask chooses, ids and counts become a tensor first.
  friend Tensor<T> operator+(const Operand<T>&, const IntArray&) = delete;  // write x + to_tensor<T>(i)
  friend Tensor<T> operator+(const IntArray&, const Operand<T>&) = delete;  // write to_tensor<T>(i) + x
  friend Tensor<T> operator-(const Operand<T>&, const IntArray&) = delete;  // write x - to_tensor<T>(i)
  friend Tensor<T> operator-(const IntArray&, const Operand<T>&) = delete;  // write to_tensor<T>(i) - x
  friend Tensor<T> operator*(const Operand<T>&, const IntArray&) = delete;  // where(mask, x, 0) or x * to_tensor<T>(i)
  friend Tensor<T> operator*(const IntArray&, const Operand<T>&) = delete;  // where(mask, x, 0) or to_tensor<T>(i) * x
  friend Tensor<T> operator/(const Operand<T>&, const IntArray&) = delete;  // write x / to_tensor<T>(i)
  friend Tensor<T> operator/(const IntArray&, const Operand<T>&) = delete;  // write to_tensor<T>(i) / x

 protected:
  explicit Operand(Slot slot) : slot_(slot) {}
  Operand(const Operand&) = default;  // of a tensor or parameter alone
  Operand& operator=(const Operand&) = default;
  ~Operand() = default;
  Slot slot_;
};

/// A handle to a value and, if it was recorded, its slot on the tape. Cheap to copy; its value never changes. In
/// parentheses stand a shape and all values in row-major order, in braces the rows of a matrix:
///
///     ebb::Tensor<float> x({2, 3}, {1, 2, 3, 4, 5, 6}), same{{1, 2, 3}, {4, 5, 6}};
template <class T>
class [[nodiscard]] Tensor : public Operand<T> {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>,
                "Tensor<T> is of float or double; for integers write ebb::IntArray");

 public:
  /// Undefined: no value.
  Tensor() : Operand<T>(Slot{}) {}
  /// A constant.
  Tensor(Array<T> value) : Operand<T>(Slot{}), value_(std::move(value)) {}
  Tensor(const Shape& shape, std::initializer_list<T> values) : Tensor(Array<T>(shape, values)) {}
  /// A matrix. Throws Error unless all rows are of one length.
  Tensor(std::initializer_list<std::initializer_list<T>> rows);
  Tensor(const Shape& shape, std::span<const T> values) : Tensor(Array<T>(shape, values)) {}
  /// A value recorded at `slot`: for the engine.
  Tensor(Array<T> value, Slot slot) : Operand<T>(slot), value_(std::move(value)) {}
  /// The parameter's value, as a leaf of the tape in scope if one is recording.
  explicit Tensor(const Parameter<T>& parameter, SourceLocation at = SourceLocation::current())
      : Tensor(static_cast<const Operand<T>&>(parameter).tensor(at)) {}

  bool defined() const { return value_.defined(); }
  const Array<T>& value() const& { return value_; }
  Array<T> value() && { return std::move(value_); }
  const Shape& shape() const& { return value_.shape(); }
  Shape shape() && { return value_.shape(); }
  int rank() const { return value_.rank(); }
  /// The extent of an axis; a negative axis counts from the end.
  Index extent(int axis) const { return value_.extent(axis); }
  Index size() const { return value_.size(); }
  const T* data() const& { return value_.data(); }
  const T* data() && = delete;  // the values go with this tensor: give it a name first, auto y = f(x), then y.data()

  /// The only element. Throws Error if there is not exactly one.
  T item() const { return value_.item(); }
  /// The element at these indices, one per axis; negative ones count from the end.
  T at(std::initializer_list<Index> indices) const { return value_.at(indices); }
  std::vector<T> to_vector() const { return value_.to_vector(); }

  /// Returns true if it was recorded on a tape, so that gradients can flow to it.
  bool tracked() const { return this->slot_.tape != Slot::no_tape; }
  Slot slot() const { return this->slot_; }
  /// A constant with this value: on no tape, so that no gradient flows through it.
  Tensor detach() const { return Tensor(value_); }

 private:
  Array<T> value_;
};

/// One side of an operator: a tensor, a parameter or a number, and the line on which the user wrote the operator.
template <class T>
class Term {
 public:
  Term(const Operand<T>& operand, SourceLocation at = SourceLocation::current()) : operand_(&operand), at_(at) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> Term(Number number, SourceLocation at = SourceLocation::current())
      : number_(Array<T>(Shape{}, static_cast<T>(number))), operand_(&number_), at_(at) {}
  Term(const Term&) = delete;
  Term& operator=(const Term&) = delete;

  const Operand<T>& operand() const { return *operand_; }
  SourceLocation at() const { return at_; }

 private:
  Tensor<T> number_;
  const Operand<T>* operand_;
  SourceLocation at_;
};

/// "Tensor<float>[2, 3] {{0.1, 0.7, 0.2}, ...}", at most `most` elements.
template <class T>
std::string to_string(const Tensor<T>& x, Index most = 24);
template <class T>
std::ostream& operator<<(std::ostream& out, const Tensor<T>& x);

extern template class Operand<float>;
extern template class Operand<double>;

}  // namespace ebb
