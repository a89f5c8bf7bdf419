#include "products.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "grad.hpp"

namespace ebb EBB_PUBLIC {

/// Rewinds a tape, when it goes out of scope, to the size that the tape had when it was made.
template <class T>
class Rewinding {
 public:
  explicit Rewinding(Tape<T>* tape) : tape_(tape), size_(tape != nullptr ? tape->size() : 0) {}
  ~Rewinding() {
    if (tape_ != nullptr) tape_->forget_from(size_);
  }
  Rewinding(const Rewinding&) = delete;
  Rewinding& operator=(const Rewinding&) = delete;

 private:
  Tape<T>* tape_;
  Index size_;
};

namespace {

template <class T>
Tape<T>* tape_of(const Tensor<T>& y) {
  return y.tracked() ? Tape<T>::find(y.slot().tape) : nullptr;
}

template <class T>
void check_vector(const char* product, const Tensor<T>& vector, const Shape& shape) {
  if (!vector.defined() || !(vector.shape() == shape))
    throw Error(fmt::format("{} needs a vector of shape {}, but got {}", product, to_string(shape),
                            vector.defined() ? to_string(vector.shape()) : "an undefined tensor"));
}

template <class T>
Tensor<T> rows_of_jacobian(const Tensor<T>& y, const Operand<T>& x, bool allow_unused) {
  if (!y.defined()) throw Error("jacobian(): y is undefined");
  Shape shape = y.shape();
  for (Index extent : x.shape()) shape.push_back(extent);
  Array<T> result(shape);
  T* row = result.mutable_data();
  for (Index i = 0; i < y.size(); ++i) {
    Array<T> one(y.shape(), T{0});
    one.mutable_data()[i] = T{1};
    const Tensor<T> gradient = grad(y, x, {.cotangent = one, .allow_unused = allow_unused});
    row = std::copy_n(gradient.data(), gradient.size(), row);
  }
  return result;
}

}  // namespace

template <class T>
Tensor<T> vjp(const Tensor<T>& y, const Operand<T>& x, const Tensor<T>& dy) {
  check_vector("vjp()", dy, y.shape());
  return grad(y, x, {.cotangent = dy});
}

template <class T>
Tensor<T> jvp(const Tensor<T>& y, const Operand<T>& x, const Tensor<T>& dx) {
  check_vector("jvp()", dx, x.shape());
  Tape<T>* tape = tape_of(y);
  const Tensor<T> zeros(Array<T>(y.shape(), T{0}));
  const Rewinding<T> rewinding(tape);
  const Tensor<T> u = tape != nullptr && !tape->walked() ? tape->watch(zeros) : zeros;
  const Tensor<T> product = grad(y, x, {.cotangent = u, .create_graph = true});
  return product.tracked() ? grad(product, u, {.cotangent = dx}) : zeros;
}

template <class T>
Tensor<T> hvp(const Tensor<T>& loss, const Operand<T>& x, const Tensor<T>& v) {
  check_vector("hvp()", v, x.shape());
  const Rewinding<T> rewinding(tape_of(loss));
  // The gradient is a constant if the loss is linear in x.
  return grad(grad(loss, x, {.create_graph = true}), x, {.cotangent = v, .allow_unused = true});
}

template <class T>
Tensor<T> jacobian(const Tensor<T>& y, const Operand<T>& x) {
  return rows_of_jacobian(y, x, false);
}

template <class T>
Tensor<T> hessian(const Tensor<T>& loss, const Operand<T>& x) {
  const Rewinding<T> rewinding(tape_of(loss));
  return rows_of_jacobian(grad(loss, x, {.create_graph = true}), x, true);
}

#define EBB_INSTANTIATE(T)                                                       \
  template Tensor<T> vjp(const Tensor<T>&, const Operand<T>&, const Tensor<T>&); \
  template Tensor<T> jvp(const Tensor<T>&, const Operand<T>&, const Tensor<T>&); \
  template Tensor<T> hvp(const Tensor<T>&, const Operand<T>&, const Tensor<T>&); \
  template Tensor<T> jacobian(const Tensor<T>&, const Operand<T>&);              \
  template Tensor<T> hessian(const Tensor<T>&, const Operand<T>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
