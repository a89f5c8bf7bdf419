#pragma once

#include <cmath>
#include <compare>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "../autograd/base/error.hpp"
#include "../autograd/base/visibility.hpp"
#include "../autograd/op.hpp"

// Programs that compute with single numbers, where a record for each would cost more than the arithmetic: determinants,
// rotations of cameras, recursions. They are recorded on a flat tape of 24 bytes an operation (in double), which stands
// on the Tape as one record.

namespace ebb EBB_PUBLIC {

/// The operations of one run of a scalar program: the partial derivatives of each, and the places of its operands.
/// Place 0 stands for all constants, places 1 to n for the inputs.
template <class S>
class FlatTape {
 public:
  using Place = std::uint32_t;

  explicit FlatTape(std::size_t inputs) : inputs_(static_cast<Place>(inputs)) { operations_.reserve(last_size_); }
  FlatTape(const FlatTape&) = delete;
  FlatTape& operator=(const FlatTape&) = delete;
  ~FlatTape() { last_size_ = operations_.size(); }

  /// The tape that operations of `Scalar<S>` are recorded on, on this thread.
  static FlatTape*& current() {
    thread_local FlatTape* tape = nullptr;
    return tape;
  }

  std::size_t size() const { return operations_.size(); }
  Place append(Place a, const S& da, Place b, const S& db) {
    operations_.push_back({a, b, da, db});
    return inputs_ + static_cast<Place>(operations_.size());
  }
  /// The adjoints of the inputs, given those of the results: one sweep from the last operation to the first.
  std::vector<S> adjoints(std::span<const Place> results, std::span<const S> of_results) const {
    std::vector<S> adjoint(1 + inputs_ + operations_.size(), S(0));
    for (std::size_t i = 0; i < results.size(); ++i) adjoint[results[i]] += of_results[i];
    for (std::size_t k = operations_.size(); k-- > 0;) {
      const Operation& operation = operations_[k];
      const S dy = adjoint[1 + inputs_ + k];
      adjoint[operation.a] += operation.da * dy;
      adjoint[operation.b] += operation.db * dy;
    }
    return {adjoint.begin() + 1, adjoint.begin() + 1 + static_cast<std::ptrdiff_t>(inputs_)};
  }

 private:
  struct Operation {
    Place a, b;
    S da, db;
  };
  static inline thread_local std::size_t last_size_ = 0;  // programs run again and again

  Place inputs_;
  std::vector<Operation> operations_;
};

/// A number of a scalar program: it stands in the place of a double (or of a Scalar<double>, for second derivatives) in
/// code that is a template of its number type. Comparisons compare values.
template <class S>
class Scalar {
 public:
  using Place = typename FlatTape<S>::Place;

  Scalar() : value_(0) {}
  /// A constant.
  template <class Number>
  requires std::is_arithmetic_v<Number> Scalar(Number number) : value_(static_cast<S>(number)) {}
  Scalar(const S& value) requires(!std::is_arithmetic_v<S>) : value_(value) {}
  /// For the library: a number that stands at this place of the flat tape.
  Scalar(const S& value, Place place) : value_(value), place_(place) {}

  const S& value() const { return value_; }
  Place place() const { return place_; }

  friend Scalar operator+(const Scalar& a, const Scalar& b) { return of(a.value_ + b.value_, a, S(1), b, S(1)); }
  friend Scalar operator-(const Scalar& a, const Scalar& b) { return of(a.value_ - b.value_, a, S(1), b, S(-1)); }
  friend Scalar operator*(const Scalar& a, const Scalar& b) {
    return of(a.value_ * b.value_, a, b.value_, b, a.value_);
  }
  friend Scalar operator/(const Scalar& a, const Scalar& b) {
    const S inverse = S(1) / b.value_, y = a.value_ / b.value_;
    return of(y, a, inverse, b, -y * inverse);
  }
  friend Scalar operator-(const Scalar& a) { return of(-a.value_, a, S(-1)); }
  friend Scalar operator+(const Scalar& a) { return a; }
  Scalar& operator+=(const Scalar& b) { return *this = *this + b; }
  Scalar& operator-=(const Scalar& b) { return *this = *this - b; }
  Scalar& operator*=(const Scalar& b) { return *this = *this * b; }
  Scalar& operator/=(const Scalar& b) { return *this = *this / b; }
  friend bool operator==(const Scalar& a, const Scalar& b) { return a.value_ == b.value_; }
  friend auto operator<=>(const Scalar& a, const Scalar& b) { return a.value_ <=> b.value_; }

  // By the functions of the standard library for S, or these here for a Scalar within a Scalar. `other` is the one that
  // the derivative takes, if any.
#define EBB_SCALAR_FUNCTION(name, other, derivative) \
  friend Scalar name(const Scalar& a) {              \
    using std::name, std::other;                     \
    const S x = a.value_, y = name(x);               \
    return of(y, a, derivative);                     \
  }
  EBB_SCALAR_FUNCTION(exp, log, y)
  EBB_SCALAR_FUNCTION(expm1, log, y + S(1))
  EBB_SCALAR_FUNCTION(log, exp, S(1) / x)
  EBB_SCALAR_FUNCTION(log1p, exp, S(1) / (S(1) + x))
  EBB_SCALAR_FUNCTION(sqrt, exp, S(0.5) / y)
  EBB_SCALAR_FUNCTION(sin, cos, cos(x))
  EBB_SCALAR_FUNCTION(cos, sin, -sin(x))
  EBB_SCALAR_FUNCTION(tan, exp, S(1) + y * y)
  EBB_SCALAR_FUNCTION(asin, sqrt, S(1) / sqrt(S(1) - x * x))
  EBB_SCALAR_FUNCTION(acos, sqrt, S(-1) / sqrt(S(1) - x * x))
  EBB_SCALAR_FUNCTION(atan, exp, S(1) / (S(1) + x * x))
  EBB_SCALAR_FUNCTION(sinh, cosh, cosh(x))
  EBB_SCALAR_FUNCTION(cosh, sinh, sinh(x))
  EBB_SCALAR_FUNCTION(tanh, exp, S(1) - y * y)
  EBB_SCALAR_FUNCTION(abs, exp, S(x > S(0) ? 1 : x < S(0) ? -1 : 0))
#undef EBB_SCALAR_FUNCTION

  /// a^b. The derivative with respect to b takes the logarithm of a: where b is a constant, a may be negative.
  friend Scalar pow(const Scalar& a, const Scalar& b) {
    using std::log, std::pow;
    const S y = pow(a.value_, b.value_), da = b.value_ * pow(a.value_, b.value_ - S(1));
    return b.place_ == 0 ? of(y, a, da) : of(y, a, da, b, y * log(a.value_));
  }
  friend Scalar atan2(const Scalar& y, const Scalar& x) {
    using std::atan2;
    const S square = x.value_ * x.value_ + y.value_ * y.value_;
    return of(atan2(y.value_, x.value_), y, x.value_ / square, x, -y.value_ / square);
  }
  friend Scalar hypot(const Scalar& a, const Scalar& b) {
    using std::hypot;
    const S y = hypot(a.value_, b.value_);
    return of(y, a, a.value_ / y, b, b.value_ / y);
  }
  /// The derivative of a maximum or minimum is that of the one that is it; of `a` if they are equal.
  friend Scalar max(const Scalar& a, const Scalar& b) { return a < b ? b : a; }
  friend Scalar min(const Scalar& a, const Scalar& b) { return b < a ? b : a; }

 private:
  static Scalar of(const S& y, const Scalar& a, const S& da) { return of(y, a, da, Scalar(), S(0)); }
  static Scalar of(const S& y, const Scalar& a, const S& da, const Scalar& b, const S& db) {
    if ((a.place_ | b.place_) == 0) return Scalar(y, 0);
    return Scalar(y, FlatTape<S>::current()->append(a.place_, da, b.place_, db));
  }

  S value_;
  Place place_ = 0;
};

/// One run of a scalar program: its values, and its flat tape with the places of its results.
template <class S>
struct ScalarRun {
  explicit ScalarRun(std::size_t inputs) : tape(inputs) {}
  FlatTape<S> tape;
  std::vector<S> values = {};
  std::vector<typename FlatTape<S>::Place> places = {};
};

/// A scalar program behind an interface, for the record that it becomes.
template <class T>
class ScalarProgram {
 public:
  virtual ~ScalarProgram() = default;
  virtual std::vector<T> values(Inputs<T> x) const = 0;
  virtual std::shared_ptr<const ScalarRun<T>> run(Inputs<T> x) const = 0;
  /// The program that computes the adjoints of all inputs, end to end, from the inputs and a cotangent. Throws Error
  /// for the third derivative.
  virtual std::shared_ptr<const ScalarProgram> gradient() const = 0;
  /// Returns true if the result is one number, and not a list.
  virtual bool gives_one() const = 0;
};

namespace scalars {

/// What a program returned, as a list.
template <class S, class Result>
std::vector<S> listed(const Result& result) {
  if constexpr (std::is_convertible_v<Result, S>)
    return {S(result)};
  else
    return {std::begin(result), std::end(result)};
}

template <class S>
using Lists = std::vector<std::vector<S>>;

template <class F, class S, std::size_t... i>
auto call(const F& f, const Lists<S>& x, std::index_sequence<i...>) {
  return f(std::span<const S>(x[i])...);
}

/// Runs a program of `arity` inputs of numbers S on a flat tape of its own.
template <std::size_t arity, class S, class F>
std::shared_ptr<ScalarRun<S>> run(const F& f, const Lists<S>& x) {
  std::size_t count = 0;
  for (const auto& list : x) count += list.size();
  const auto made = std::make_shared<ScalarRun<S>>(count);
  Lists<Scalar<S>> inputs(x.size());
  typename FlatTape<S>::Place place = 0;
  for (std::size_t k = 0; k < x.size(); ++k)
    for (const S& number : x[k]) inputs[k].push_back(Scalar<S>(number, ++place));
  struct Recording {
    FlatTape<S>* outer;
    ~Recording() { FlatTape<S>::current() = outer; }
  } const recording{std::exchange(FlatTape<S>::current(), &made->tape)};
  for (const Scalar<S>& y : listed<Scalar<S>>(call(f, inputs, std::make_index_sequence<arity>()))) {
    made->values.push_back(y.value());
    made->places.push_back(y.place());
  }
  return made;
}

/// The adjoints of a program's inputs, as a program of these and a cotangent.
template <class F, std::size_t arity>
struct Gradient {
  F f;
  template <class... Lists_>
  auto operator()(const Lists_&... given) const {
    using S = std::remove_const_t<typename std::tuple_element_t<0, std::tuple<Lists_...>>::element_type>;
    Lists<S> x{std::vector<S>(given.begin(), given.end())...};
    const std::vector<S> cotangent = std::move(x.back());
    x.pop_back();
    const auto made = run<arity>(f, x);
    return made->tape.adjoints(made->places, std::span<const S>(cotangent));
  }
};

template <class T, class F, std::size_t arity, int order>
class Program : public ScalarProgram<T> {
 public:
  explicit Program(F f) : f_(std::move(f)) {}

  std::vector<T> values(Inputs<T> x) const override {
    return listed<T>(call(f_, numbers(x), std::make_index_sequence<arity>()));
  }
  std::shared_ptr<const ScalarRun<T>> run(Inputs<T> x) const override { return scalars::run<arity>(f_, numbers(x)); }
  std::shared_ptr<const ScalarProgram<T>> gradient() const override {
    if constexpr (order < 1)
      return std::make_shared<Program<T, Gradient<F, arity>, arity + 1, order + 1>>(Gradient<F, arity>{f_});
    else
      throw Error("a scalar program has derivatives of first and second order alone; write it with tensors for more");
  }
  bool gives_one() const override {
    return std::is_convertible_v<decltype(call(f_, Lists<T>(), std::make_index_sequence<arity>())), T>;
  }

 private:
  static Lists<T> numbers(Inputs<T> x) {
    Lists<T> lists;
    for (const Tensor<T>& each : x) lists.push_back(each.to_vector());
    return lists;
  }
  F f_;
};

/// Records a program as one operation.
template <class T>
Tensor<T> apply(std::shared_ptr<const ScalarProgram<T>> program, std::span<const Tensor<T>> x, SourceLocation at);

}  // namespace scalars

/// Computes f(x...) with single numbers, as one operation: f gets the elements of each tensor in row-major order, as a
/// std::span<const S>, and returns an S, for a tensor of shape [], or a list of S, for one of shape [count]. S is T
/// where nothing is recorded, and a Scalar where something is, so f is a template; what it captures is copied, and is a
/// constant. f may branch on values. Derivatives of first and second order.
///
///     auto area = ebb::by_scalars([](auto side) { return side[0] * side[1]; }, sides);
template <class F, class T>
Tensor<T> by_scalars(const F& f, const Operand<T>& x, SourceLocation at = SourceLocation::current()) {
  const Tensor<T> inputs[] = {x.tensor(at)};
  return scalars::apply<T>(std::make_shared<scalars::Program<T, F, 1, 0>>(f), inputs, at);
}
template <class F, class T>
Tensor<T> by_scalars(const F& f, const Operand<T>& a, const Operand<T>& b,
                     SourceLocation at = SourceLocation::current()) {
  const Tensor<T> inputs[] = {a.tensor(at), b.tensor(at)};
  return scalars::apply<T>(std::make_shared<scalars::Program<T, F, 2, 0>>(f), inputs, at);
}
template <class F, class T>
Tensor<T> by_scalars(const F& f, const Operand<T>& a, const Operand<T>& b, const Operand<T>& c,
                     SourceLocation at = SourceLocation::current()) {
  const Tensor<T> inputs[] = {a.tensor(at), b.tensor(at), c.tensor(at)};
  return scalars::apply<T>(std::make_shared<scalars::Program<T, F, 3, 0>>(f), inputs, at);
}

}  // namespace ebb
