#pragma once

#include <memory>
#include <string>

#include "base/visibility.hpp"
#include "tensor.hpp"

namespace ebb EBB_PUBLIC {

/// The only mutable thing: a value and its gradient, on the heap, so that moving a model keeps its identity.
/// Copying is deep; `shared()` hands out another handle to the same one.
template <class T>
class Parameter : public Operand<T> {
 public:
  /// What every handle to one parameter shares.
  struct State {
    std::string name;  // for messages and tables; nn::name_parameters sets it from the model's structure
    Array<T> value;
    Array<T> gradient;  // undefined until a backward walk reached it
    bool trainable = true;
  };

  Parameter() : Parameter(Array<T>()) {}
  explicit Parameter(Array<T> value, std::string name = {});
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
  const Array<T>& value() const { return state_->value; }
  /// Throws Error if the shape differs from that of the value it replaces (if there is one).
  void set_value(Array<T> value);

  /// What the backward walks since the last clearing have added up; undefined if none reached this parameter.
  const Array<T>& gradient() const { return state_->gradient; }
  void set_gradient(Array<T> gradient);
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
