#pragma once

#include <memory>
#include <string>

#include "base/visibility.hpp"
#include "tensor.hpp"

namespace ebb EBB_PUBLIC {

/// The only mutable thing: a value and its gradient, on the heap, so that a parameter stays the same one when its model
/// is moved. Copying makes a new parameter with the same numbers; `shared()` gives another handle to the same one. A
/// step of gradient descent by hand:
///
///     w.set_value(w.value() - 0.1 * w.gradient());
template <class T>
class Parameter : public Operand<T> {
 public:
  /// The part that all handles to one parameter share.
  struct State {
    std::string name;  // for messages and tables; nn::parameters sets it to the path in the model
    Array<T> value;
    Array<T> gradient;  // undefined until a backward walk has reached the parameter
    bool trainable = true;
  };

  /// Undefined: no value.
  Parameter() : Parameter(Tensor<T>()) {}
  /// Starts with this value, without a gradient.
  explicit Parameter(const Tensor<T>& value, std::string name = {});
  Parameter(const Parameter& other) : Operand<T>(other.slot_), state_(std::make_shared<State>(*other.state_)) {}
  Parameter(Parameter&& other) noexcept = default;
  Parameter& operator=(Parameter other) noexcept {
    state_.swap(other.state_);
    return *this;
  }

  const std::string& name() const { return state_->name; }
  void set_name(std::string name) { state_->name = std::move(name); }
  bool defined() const { return state_->value.defined(); }
  const Shape& shape() const { return state_->value.shape(); }
  Index size() const { return state_->value.size(); }
  /// The value as a constant, which no gradient flows to: pass the parameter itself to an operation to record it. While
  /// this tensor is alive, an optimizer copies the value before it writes to it.
  Tensor<T> value() const { return state_->value; }
  /// Replaces the value; of a tensor that stands on a tape, only its numbers are taken. Throws Error if `value` is
  /// undefined, or differs in shape from the value that it replaces (if there is one).
  void set_value(const Tensor<T>& value);

  /// The sum of the gradients of all backward walks since the last clearing, as a constant; undefined if none of them
  /// reached this parameter.
  Tensor<T> gradient() const { return state_->gradient; }
  /// Replaces the gradient. Throws Error if `gradient` is undefined, or not of the parameter's shape.
  void set_gradient(const Tensor<T>& gradient);
  void clear_gradient() { state_->gradient = Array<T>(); }

  /// A parameter that is not trainable is a constant to the tape and is passed over by optimizers.
  bool trainable() const { return state_->trainable; }
  void set_trainable(bool trainable) { state_->trainable = trainable; }

  /// Another handle to this same parameter.
  Parameter shared() const { return Parameter(state_); }
  const std::shared_ptr<State>& state() const { return state_; }

 private:
  explicit Parameter(std::shared_ptr<State> state) : Operand<T>(Slot{Slot::parameter, -1}), state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

/// Makes `b` the same parameter as `a`: visited, stepped and saved once.
template <class T>
void tie(const Parameter<T>& a, Parameter<T>& b) {
  b = a.shared();
}

extern template class Parameter<float>;
extern template class Parameter<double>;

}  // namespace ebb
