#include "joining.h"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "ops.hpp"

namespace ebb EBB_PUBLIC {

namespace {

constexpr Formula concatenate_formula{
    "y = all x_i, end to end along an axis",
    {"dx_i = the part of dy where x_i stands"},
    "The gradient is cut at the joints, and each input gets its own piece whole.",
};

/// The axis, and the extent of each input along it.
struct ConcatenateAttributes {
  int axis;
  IntArray extents;
  static void visit(auto& self, auto&& field) { field("axis", self.axis), field("extents", self.extents); }
};

template <class T>
Array<T> concatenate_forward(Record<T>& r, Inputs<T> x) {
  return joined(x, r.attributes.template as<ConcatenateAttributes>().axis);
}

template <class T>
void concatenate_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const auto& [axis, extents] = r.attributes.template as<ConcatenateAttributes>();
  Index start = 0;
  for (std::size_t k = 0; k < r.inputs.size(); ++k) {
    const Index stop = start + extents.data()[k];
    if (d.needs(k)) d.add(k, slice(dy, axis, {start, stop}));
    start = stop;
  }
}

constexpr Formula stack_formula{
    "y = all x_i, side by side along a new axis",
    {"dx_i = the part of dy where x_i stands, without the new axis"},
    "Each input gets back the layer of the gradient that lies over it, unmixed with the others'.",
};

/// The place of the new axis in the result.
struct StackAttributes {
  int axis;
  static void visit(auto& self, auto&& field) { field("axis", self.axis); }
};

template <class T>
Array<T> stack_forward(Record<T>& r, Inputs<T> x) {
  return stacked(x, r.attributes.template as<StackAttributes>().axis);
}

template <class T>
void stack_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const int axis = r.attributes.template as<StackAttributes>().axis;
  for (std::size_t k = 0; k < r.inputs.size(); ++k)
    if (d.needs(k)) {
      const Index start = static_cast<Index>(k);
      d.add(k, squeeze(slice(dy, axis, {start, start + 1}), axis));
    }
}

/// The extent of each part along the axis; 0 for a part without that axis, which the forward function refuses.
template <class T>
IntArray extents_along(const std::vector<Tensor<T>>& parts, int axis) {
  std::vector<std::int32_t> extents;
  for (const Tensor<T>& part : parts) {
    const bool has_axis = -part.rank() <= axis && axis < part.rank();
    extents.push_back(has_axis ? static_cast<std::int32_t>(part.extent(axis)) : 0);
  }
  return IntArray(static_cast<Index>(extents.size()), extents);
}

}  // namespace

EBB_OP(concatenate, concatenate_forward<T>, concatenate_backward<T>, concatenate_formula,
       .attributes = default_attributes<ConcatenateAttributes>)
EBB_OP(stack, stack_forward<T>, stack_backward<T>, stack_formula, .attributes = default_attributes<StackAttributes>)

template <class T>
Tensor<T> concatenate(const std::vector<Tensor<T>>& parts, int axis, SourceLocation at) {
  return apply(Ops<T>::concatenate, Inputs<T>(parts), ConcatenateAttributes{axis, extents_along(parts, axis)}, at);
}

template <class T>
Tensor<T> stack(const std::vector<Tensor<T>>& parts, int axis, SourceLocation at) {
  return apply(Ops<T>::stack, Inputs<T>(parts), StackAttributes{axis}, at);
}

template <class T>
Tensor<T> ravel(const std::vector<Tensor<T>>& parts, SourceLocation at) {
  std::vector<Tensor<T>> vectors;
  for (const Tensor<T>& part : parts) vectors.push_back(reshape(part, {part.size()}, at));
  return concatenate(vectors, 0, at);
}

template <class T>
std::vector<Tensor<T>> unravel(const Operand<T>& vector, const std::vector<Shape>& shapes, SourceLocation at) {
  std::vector<Index> sizes;
  for (const Shape& shape : shapes) sizes.push_back(shape.size());
  std::vector<Tensor<T>> parts = split(vector, sizes, 0, at);
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = reshape(parts[i], shapes[i], at);
  return parts;
}

template <class T>
std::vector<Tensor<T>> unravel(const Operand<T>& vector, const std::vector<Tensor<T>>& like, SourceLocation at) {
  std::vector<Shape> shapes;
  for (const Tensor<T>& part : like) shapes.push_back(part.shape());
  return unravel(vector, shapes, at);
}

#define EBB_INSTANTIATE(T)                                                                               \
  template Tensor<T> concatenate(const std::vector<Tensor<T>>&, int, SourceLocation);                    \
  template Tensor<T> stack(const std::vector<Tensor<T>>&, int, SourceLocation);                          \
  template Tensor<T> ravel(const std::vector<Tensor<T>>&, SourceLocation);                               \
  template std::vector<Tensor<T>> unravel(const Operand<T>&, const std::vector<Shape>&, SourceLocation); \
  template std::vector<Tensor<T>> unravel(const Operand<T>&, const std::vector<Tensor<T>>&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
