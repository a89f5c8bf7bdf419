#pragma once

#include <memory>

#include "../autograd/parameter.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// A handle that counts among those by which optimizers hold the parameter, so that backward() can tell gradients that
/// nobody uses.
template <class T>
class HeldParameter : public Parameter<T> {
 public:
  explicit HeldParameter(const Parameter<T>& parameter)
      : Parameter<T>(parameter.shared(parameter.name())), held_(this->shared_state()) {
    ++held_->optimizers;
  }
  HeldParameter(HeldParameter&&) noexcept = default;
  ~HeldParameter() {
    if (held_ != nullptr) --held_->optimizers;
  }

 private:
  std::shared_ptr<typename Parameter<T>::State> held_;  // null if moved from
};

}  // namespace nn
}  // namespace ebb
