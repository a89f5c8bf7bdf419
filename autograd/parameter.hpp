#pragma once

#include <memory>
#include <string>

#include "base/visibility.hpp"
#include "tensor.hpp"

namespace ebb EBB_PUBLIC {

/// The only mutable thing: a value and its gradient, on the heap, so that a parameter stays the same one when its model
/// is moved. A step of gradient descent by hand:
///
///     w.set_value(w.value() - 0.1 * w.gradient());
///     w.clear_gradient();
///
/// It cannot be copied, and so no model can: a copy would be trained, or not, in place of what it was copied from.
/// `clone()` makes a new parameter with the same numbers, `shared()` another handle to the same one. A loop over a list
/// says `for (auto& parameter : list)`. To keep the numbers of a model, or to give them to another one:
///
///     auto best = nn::parameters(model).values();
///     nn::parameters(other).set_values(best);
///
/// A parameter that was moved from is undefined.
template <class T>
class Parameter : public Operand<T> {
 public:
  /// The part that all handles to one parameter share.
  struct State {
    std::string name;  // its own: "weight"
    Array<T> value;
    Array<T> gradient;   // undefined until a backward walk has reached the parameter
    IntArray rows = {};  // if defined, the gradient is of these rows alone, in ascending order, and 0 in the others
    bool trainable = true;
    bool buffer = false;              // see buffer()
    int optimizers = 0;               // that hold it
    std::shared_ptr<bool> used = {};  // by a step of some optimizer: the walk that the gradient began with
  };

  /// Undefined: no value.
  Parameter() : Parameter(std::make_shared<State>()) {}
  /// Starts with this value, without a gradient. Records show the name after that of the scope ("head.weight"), and a
  /// list of parameters that was put together by hand goes by it.
  explicit Parameter(const Tensor<T>& value, std::string name = {});
  Parameter(const Parameter&) = delete;             // write auto& for a parameter, a model& for a model; see clone()
  Parameter& operator=(const Parameter&) = delete;  // write a.set_value(b.value()), or set_values() for a model's list
  Parameter(Parameter&&) noexcept = default;
  Parameter& operator=(Parameter&&) noexcept = default;

  /// The name in the list that this handle stands in ("blocks.3.attention.query.weight"), else the parameter's own.
  const std::string& name() const { return path_.empty() ? state().name : path_; }
  bool defined() const { return state_ != nullptr && state_->value.defined(); }
  const Shape& shape() const { return state().value.shape(); }
  Index size() const { return state().value.size(); }
  /// The value as a constant, which no gradient flows to: pass the parameter itself to an operation to record it. While
  /// this tensor is alive, an optimizer copies the value before it writes to it.
  Tensor<T> value() const { return state().value; }
  /// Replaces the value; of a tensor that stands on a tape, only its numbers are taken. Throws Error if `value` is
  /// undefined, or differs in shape from the value that it replaces (if there is one).
  void set_value(const Tensor<T>& value);

  /// The sum of the gradients of all backward walks since the last clearing, as a constant; undefined if none of them
  /// reached this parameter.
  Tensor<T> gradient() const { return state().rows.defined() ? whole_gradient() : state().gradient; }
  /// Replaces the gradient. Throws Error if `gradient` is undefined, or not of the parameter's shape.
  void set_gradient(const Tensor<T>& gradient);
  void clear_gradient() {
    state().gradient = Array<T>();
    state().rows = IntArray();
    state().used = nullptr;
  }

  /// A parameter that is not trainable is a constant to the tape and is passed over by optimizers.
  bool trainable() const { return state().trainable; }
  /// Throws Error if a buffer is to become trainable.
  void set_trainable(bool trainable);
  /// Returns true for what buffer() made.
  bool is_buffer() const { return state().buffer; }

  /// A new parameter with the same numbers, name and trainability.
  Parameter clone() const;
  /// Another handle to this same parameter, for a list in which it goes by the name `path`.
  Parameter shared(std::string path = {}) const { return Parameter(shared_state(), std::move(path)); }
  /// For the engine. Throws Error for a parameter that was moved from.
  State& state() const { return *shared_state(); }
  const std::shared_ptr<State>& shared_state() const {
    if (state_ == nullptr) throw_moved_from();
    return state_;
  }

 private:
  explicit Parameter(std::shared_ptr<State> state, std::string path = {})
      : Operand<T>(Slot{Slot::parameter, -1}), state_(std::move(state)), path_(std::move(path)) {}
  [[noreturn]] static void throw_moved_from();
  Array<T> whole_gradient() const;

  std::shared_ptr<State> state_;
  std::string path_;
};

/// State of a model that no optimizer trains, such as running means: it is listed, saved, loaded and cloned with the
/// parameters, and a constant to the tape. It never becomes trainable, and does not count among a model's parameters.
///
///     ebb::Parameter<float> mean = ebb::buffer(ebb::zeros<float>({width}), "mean");
template <class T>
Parameter<T> buffer(const Tensor<T>& value, std::string name = {});

/// Makes `b` the same parameter as `a`: visited, stepped and saved once. Throws Error if both are defined and their
/// shapes differ.
template <class T>
void tie(const Parameter<T>& a, Parameter<T>& b);

extern template class Parameter<float>;
extern template class Parameter<double>;

}  // namespace ebb
