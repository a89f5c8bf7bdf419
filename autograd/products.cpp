#include "products.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "grad.h"
#include "rewinding.h"

namespace ebb EBB_PUBLIC {

namespace {

template <class T>
void check_vector(const char* product, const Tensor<T>& vector, const Shape& shape) {
  if (!vector.defined() || !(vector.shape() == shape))
    throw Error(fmt::format("{} needs a vector of shape {}, but got {}", product, to_string(shape),
                            vector.defined() ? to_string(vector.shape()) : "an undefined tensor"));
}

template <class T>
void check_vectors(const char* product, const std::vector<Tensor<T>>& vectors, const Targets<T>& x) {
  if (vectors.size() != x.size())
    throw Error(fmt::format("{} needs a vector for each of {} tensors or parameters, but got {}", product, x.size(),
                            vectors.size()));
  for (std::size_t i = 0; i < x.size(); ++i) check_vector(product, vectors[i], x[i].shape());
}

Shape joined(Shape first, const Shape& second) {
  for (Index extent : second) first.push_back(extent);
  return first;
}

/// Where the rows are many: two walks for each element of x.
template <class T>
Tensor<T> columns_of_jacobian(const Tensor<T>& y, const Operand<T>& x) {
  Array<T> result(joined(y.shape(), x.shape()));
  const Index columns = x.shape().size();
  for (Index j = 0; j < columns; ++j) {
    Array<T> one(x.shape(), T{0});
    one.mutable_data()[j] = T{1};
    const Tensor<T> column = jvp(y, {x}, {one});
    for (Index i = 0; i < y.size(); ++i) result.mutable_data()[i * columns + j] = column.data()[i];
  }
  return result;
}

template <class T>
Tensor<T> rows_of_jacobian(const Tensor<T>& y, const Operand<T>& x, bool allow_unused) {
  Array<T> result(joined(y.shape(), x.shape()));
  T* row = result.mutable_data();
  for (Index i = 0; i < y.size(); ++i) {
    Array<T> one(y.shape(), T{0});
    one.mutable_data()[i] = T{1};
    const Tensor<T> gradient = grad(y, {x}, {.cotangent = one, .allow_unused = allow_unused}).front();
    row = std::copy_n(gradient.data(), gradient.size(), row);
  }
  return result;
}

/// The shape of what belongs to one sample, where the first axis counts samples.
Shape shape_of_sample(const char* name, const Shape& shape, Index samples) {
  if (shape.rank() == 0 || shape[0] != samples)
    throw Error(fmt::format("batched_jacobian(): {} has shape {}, but its first axis should count the {} samples", name,
                            to_string(shape), samples));
  return shape.without(0);
}

/// Throws Error if what `y` has for a sample of even number depends on what `x` has for one of odd number.
template <class T>
void check_independent(const Tensor<T>& y, const Operand<T>& x, Index samples) {
  Array<T> even(y.shape(), T{0});
  const Index of_y = y.size() / samples, of_x = x.shape().size() / samples;
  for (Index i = 0; i < samples; i += 2) std::fill_n(even.mutable_data() + i * of_y, of_y, T{1});
  const Tensor<T> gradient = grad(y, {x}, {.cotangent = even}).front();
  for (Index i = 1; i < samples; i += 2)
    for (Index k = i * of_x; k < (i + 1) * of_x; ++k)
      if (gradient.data()[k] != 0)
        throw Error(fmt::format(
            "batched_jacobian(): the samples of y depend on each other's x (there is a gradient of samples with even "
            "numbers at number {} of x), as behind a batch normalisation; jacobian() gives all of dy/dx",
            i));
}

}  // namespace

template <class T>
std::vector<Tensor<T>> vjp(const Tensor<T>& y, const std::type_identity_t<Targets<T>>& x, const Tensor<T>& dy) {
  check_vector("vjp()", dy, y.shape());
  return grad(y, x, {.cotangent = dy});
}

template <class T>
Tensor<T> jvp(const Tensor<T>& y, const std::type_identity_t<Targets<T>>& x, const std::vector<Tensor<T>>& dx) {
  check_vectors("jvp()", dx, x);
  const Tensor<T> zeros(Array<T>(y.shape(), T{0}));
  const Rewinding<T> rewinding(y);
  Tape<T>* const tape = rewinding.tape();
  const Tensor<T> u = tape != nullptr && !tape->walked() ? tape->watch(zeros) : zeros;
  const std::vector<Tensor<T>> products = grad(y, x, {.cotangent = u, .create_graph = true});
  return gradients_of_all(products, dx, Targets<T>{u}).front();
}

template <class T>
std::vector<Tensor<T>> hvp(const Tensor<T>& loss, const std::type_identity_t<Targets<T>>& x,
                           const std::vector<Tensor<T>>& v) {
  check_vectors("hvp()", v, x);
  const Rewinding<T> rewinding(loss);
  return gradients_of_all(grad(loss, x, {.create_graph = true}), v, x);
}

template <class T>
Tensor<T> jacobian(const Tensor<T>& y, const Operand<T>& x) {
  if (!y.defined()) throw Error("jacobian(): y is undefined");
  return 2 * x.shape().size() < y.size() ? columns_of_jacobian(y, x) : rows_of_jacobian(y, x, false);
}

template <class T>
Tensor<T> batched_jacobian(const Tensor<T>& y, const Operand<T>& x) {
  if (!y.defined() || y.rank() == 0 || y.extent(0) == 0)
    throw Error("batched_jacobian(): y must have samples along its first axis");
  const Index samples = y.extent(0);
  const Shape of_y = shape_of_sample("y", y.shape(), samples), of_x = shape_of_sample("x", x.shape(), samples);
  check_independent(y, x, samples);
  Array<T> result(joined(y.shape(), of_x));
  const Index rows = of_y.size(), row = of_x.size();
  for (Index j = 0; j < rows; ++j) {
    Array<T> one(y.shape(), T{0});
    for (Index i = 0; i < samples; ++i) one.mutable_data()[i * rows + j] = T{1};
    const Tensor<T> gradient = grad(y, {x}, {.cotangent = one}).front();
    for (Index i = 0; i < samples; ++i)
      std::copy_n(gradient.data() + i * row, row, result.mutable_data() + (i * rows + j) * row);
  }
  return result;
}

template <class T>
Tensor<T> hessian(const Tensor<T>& loss, const Operand<T>& x) {
  const Rewinding<T> rewinding(loss);
  return rows_of_jacobian(grad(loss, {x}, {.create_graph = true}).front(), x, true);
}

template <class T>
std::vector<Tensor<T>> per_sample_gradients(Index samples, const Targets<T>& parameters,
                                            const std::function<Tensor<T>(Index)>& loss_of) {
  std::vector<Array<T>> result;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const Shape one = parameters[k].shape();
    result.emplace_back(one.inserted(0, 1).with(0, samples));
  }
  for (Index i = 0; i < samples; ++i) {
    Tape<T> tape;
    const std::vector<Tensor<T>> gradients = grad(loss_of(i), parameters, {.allow_unused = true});
    for (std::size_t k = 0; k < result.size(); ++k)
      std::copy_n(gradients[k].data(), gradients[k].size(), result[k].mutable_data() + i * gradients[k].size());
  }
  return {result.begin(), result.end()};
}

#define EBB_INSTANTIATE(T)                                                                                          \
  template std::vector<Tensor<T>> vjp(const Tensor<T>&, const std::type_identity_t<Targets<T>>&, const Tensor<T>&); \
  template Tensor<T> jvp(const Tensor<T>&, const std::type_identity_t<Targets<T>>&, const std::vector<Tensor<T>>&); \
  template std::vector<Tensor<T>> hvp(const Tensor<T>&, const std::type_identity_t<Targets<T>>&,                    \
                                      const std::vector<Tensor<T>>&);                                               \
  template Tensor<T> jacobian(const Tensor<T>&, const Operand<T>&);                                                 \
  template Tensor<T> batched_jacobian(const Tensor<T>&, const Operand<T>&);                                         \
  template Tensor<T> hessian(const Tensor<T>&, const Operand<T>&);                                                  \
  template std::vector<Tensor<T>> per_sample_gradients(Index, const Targets<T>&,                                    \
                                                       const std::function<Tensor<T>(Index)>&);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
