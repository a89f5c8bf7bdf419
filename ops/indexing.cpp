#include <fmt/format.h>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/indexing.h"
#include "../autograd/op.hpp"
#include "all_ops.h"
#include "indexing.h"
#include "new_array.h"
#include "ops.hpp"
#include "slicing.h"

namespace ebb {

void check_within(const IntArray& indices, const Shape& x, int axis) {
  if (!indices.defined()) throw Error("the indices are undefined (an empty IntArray)");
  const Index bad = kernels::first_outside(indices.data(), indices.size(), x[axis]);
  if (bad >= 0)
    throw Error(
        fmt::format("index {} (element {} of {} indices) is outside axis {} of shape {}, whose indices are 0 "
                    "to {}",
                    indices.data()[bad], bad, indices.size(), axis, to_string(x), x[axis] - 1));
}

Shape gathered_shape(const Shape& x, int axis, const Shape& indices) {
  Shape shape;
  for (int i = 0; i < axis; ++i) shape.push_back(x[i]);
  for (Index extent : indices) shape.push_back(extent);
  for (int i = axis + 1; i < x.rank(); ++i) shape.push_back(x[i]);
  return shape;
}

}  // namespace ebb

namespace ebb EBB_PUBLIC {

namespace {

/// The axis of x that the indices stand for, and the indices.
struct IndexingAttributes {
  int axis;
  IntArray indices;
  static void visit(auto& self, auto&& field) { field("axis", self.axis), field("indices", self.indices); }
};

template <class T>
const IntArray& indices_of(const Record<T>& r) {
  return r.attributes.template as<IndexingAttributes>().indices;
}

template <class T>
int indexed_axis(const Record<T>& r, const Shape& x) {
  return x.normalized(r.attributes.template as<IndexingAttributes>().axis);
}

void check_updates(const Shape& x, int axis, const Shape& indices, const Shape& updates) {
  if (const Shape expected = gathered_shape(x, axis, indices); !(updates == expected))
    throw Error(fmt::format("indices {} along axis {} of {} ask for updates {}, but those given are {}",
                            to_string(indices), axis, to_string(x), to_string(expected), to_string(updates)));
}

/// For indices that have the rank of x.
void check_beside(const IntArray& indices, const Shape& x, int axis) {
  check_within(indices, x, axis);
  if (indices.rank() != x.rank() || !(indices.shape().with(axis, x[axis]) == x))
    throw Error(fmt::format("indices {} do not fit {}: they may differ in the extent of axis {} only",
                            to_string(indices.shape()), to_string(x), axis));
}

constexpr Formula gather_formula{
    "y[j] = x[k[j]] along an axis, with indices k",
    {"dx = at each place m the sum of dy[j] over k[j] = m"},
    "The gradient is routed back to the places that were read: one read several times gets the sum, one never read "
    "gets nothing.",
};

template <class T>
Array<T> gather_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  const IntArray& indices = indices_of(r);
  const int axis = indexed_axis(r, shape);
  check_within(indices, shape, axis);
  const auto [outer, extent, inner] = AroundAxis(shape, axis);
  Array<T> y(gathered_shape(shape, axis, indices.shape()));
  kernels::gather(outer, extent, inner, x[0].data(), indices.data(), indices.size(), y.mutable_data());
  return y;
}

template <class T>
void gather_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Shape& shape = d.shape(0);
  const IntArray& indices = indices_of(r);
  const int axis = indexed_axis(r, shape);
  const auto whole = [&] { return scatter_add(zeros<T>(shape), indices, dy, axis); };
  const auto add_to = [&](T* dx) {
    const auto [outer, extent, inner] = AroundAxis(shape, axis);
    kernels::scatter_add(outer, extent, inner, dy.data(), indices.data(), indices.size(), dx);
  };
  if (axis == 0)
    d.add_rows(0, indices, dy, whole, add_to);
  else
    d.add_part(0, whole, add_to);
}

constexpr Formula scatter_add_formula{
    "y = x, with each u[j] added at place k[j] along an axis",
    {"dx = dy", "du = at each j the dy[k[j]]"},
    "What was there before gets the whole gradient, as in any sum, and so does each update from the place where it "
    "landed.",
};

template <class T>
Array<T> scatter_add_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  const IntArray& indices = indices_of(r);
  const int axis = indexed_axis(r, shape);
  check_within(indices, shape, axis);
  check_updates(shape, axis, indices.shape(), x[1].shape());
  const auto [outer, extent, inner] = AroundAxis(shape, axis);
  Array<T> y = x[0].value();
  kernels::scatter_add(outer, extent, inner, x[1].data(), indices.data(), indices.size(), y.mutable_data());
  return y;
}

template <class T>
void scatter_add_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (d.needs(0)) d.add(0, dy);
  if (d.needs(1)) d.add(1, gather(dy, indices_of(r), indexed_axis(r, dy.shape())));
}

constexpr Formula embedding_formula{
    "y[j] = W[k[j]], the row of the table that the id k[j] names",
    {"dW = in each row m the sum of dy[j] over k[j] = m"},
    "Only the rows that were looked up get a gradient, so that a rare token's row seldom learns.",
};

template <class T>
Array<T> embedding_forward(Record<T>& r, Inputs<T> x) {
  if (x[0].rank() != 2)
    throw Error(fmt::format("the table must be of shape [count, width], but it is {}; gather() takes any shape",
                            to_string(x[0].shape())));
  return gather_forward(r, x);
}

template <class T>
Tensor<T> add_along_axis(const Tensor<T>& updates, const IntArray& indices, int axis, Index extent);

constexpr Formula take_along_axis_formula{
    "y[.., j, ..] = x[.., k[.., j, ..], ..], with indices k of the shape of y",
    {"dx = at each place [.., m, ..] the sum of dy[.., j, ..] over k[.., j, ..] = m"},
    "In each row along the axis the gradient goes to the elements that this row's own indices picked, and the others "
    "get none.",
};

template <class T>
Array<T> take_along_axis_forward(Record<T>& r, Inputs<T> x) {
  const Shape& shape = x[0].shape();
  const IntArray& indices = indices_of(r);
  const int axis = indexed_axis(r, shape);
  check_beside(indices, shape, axis);
  const auto [outer, extent, inner] = AroundAxis(shape, axis);
  Array<T> y(indices.shape());
  kernels::take_along_axis(outer, extent, inner, x[0].data(), indices.data(), indices.shape()[axis], y.mutable_data());
  return y;
}

template <class T>
void take_along_axis_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  if (!d.needs(0)) return;
  const Shape& shape = d.shape(0);
  const IntArray& indices = indices_of(r);
  const int axis = indexed_axis(r, shape);
  d.add_part(
      0, [&] { return add_along_axis(dy, indices, axis, shape[axis]); },
      [&](T* dx) {
        const auto [outer, extent, inner] = AroundAxis(shape, axis);
        kernels::add_along_axis(outer, extent, inner, dy.data(), indices.data(), indices.shape()[axis], dx);
      });
}

constexpr Formula add_along_axis_formula{
    "y[.., m, ..] = sum of u[.., j, ..] over k[.., j, ..] = m, with indices k of the shape of u",
    {"du = at each place [.., j, ..] the dy[.., k[.., j, ..], ..]"},
    "Each summand reads its gradient where it was added, so that all that met in one place get the same.",
};

/// The axis, the indices along it, and the extent of y along it.
struct AddAlongAxisAttributes {
  int axis;
  IntArray indices;
  Index extent;
  static void visit(auto& self, auto&& field) {
    field("axis", self.axis), field("indices", self.indices), field("extent", self.extent);
  }
};

template <class T>
Array<T> add_along_axis_forward(Record<T>& r, Inputs<T> u) {
  const auto& [asked_axis, indices, extent_of_y] = r.attributes.template as<AddAlongAxisAttributes>();
  const int axis = u[0].shape().normalized(asked_axis);
  Array<T> y(u[0].shape().with(axis, extent_of_y), T{0});
  const auto [outer, extent, inner] = AroundAxis(y.shape(), axis);
  kernels::add_along_axis(outer, extent, inner, u[0].data(), indices.data(), indices.shape()[axis], y.mutable_data());
  return y;
}

template <class T>
void add_along_axis_backward(const Record<T>& r, const Tensor<T>& dy, Adjoints<T>& d) {
  const auto& a = r.attributes.template as<AddAlongAxisAttributes>();
  if (d.needs(0)) d.add(0, take_along_axis(dy, a.indices, a.axis));
}

template <class T>
Tensor<T> add_along_axis(const Tensor<T>& updates, const IntArray& indices, int axis, Index extent) {
  return apply(Ops<T>::add_along_axis, {&updates}, AddAlongAxisAttributes{axis, indices, extent},
               SourceLocation::current());
}

/// For each of `extent` places the last of the indices that names it, and -1 for a place that none names.
void find_last(Index extent, const std::int32_t* indices, Index count, Index step, std::int32_t* last) {
  for (Index place = 0; place < extent; ++place) last[place * step] = -1;
  for (Index j = 0; j < count; ++j) last[indices[j * step] * step] = static_cast<std::int32_t>(j);
}

/// `picked` in place of x where the last index is not -1.
template <class T>
Tensor<T> replaced(const Tensor<T>& x, const IntArray& last, const Tensor<T>& picked, SourceLocation at) {
  return where(last >= 0, picked, x, at);
}

}  // namespace

EBB_OP(gather, gather_forward<T>, gather_backward<T>, gather_formula,
       .attributes = default_attributes<IndexingAttributes>)
EBB_OP(scatter_add, scatter_add_forward<T>, scatter_add_backward<T>, scatter_add_formula,
       .attributes = default_attributes<IndexingAttributes>)
EBB_OP(embedding, embedding_forward<T>, gather_backward<T>, embedding_formula,
       .attributes = default_attributes<IndexingAttributes>)
EBB_OP(take_along_axis, take_along_axis_forward<T>, take_along_axis_backward<T>, take_along_axis_formula,
       .attributes = default_attributes<IndexingAttributes>)
EBB_OP(add_along_axis, add_along_axis_forward<T>, add_along_axis_backward<T>, add_along_axis_formula,
       .attributes = default_attributes<AddAlongAxisAttributes>)

template <class T>
Tensor<T> gather(const Operand<T>& x, const IntArray& indices, int axis, SourceLocation at) {
  return apply(Ops<T>::gather, {&x}, IndexingAttributes{axis, indices}, at);
}

template <class T>
Tensor<T> scatter_add(const Operand<T>& x, const IntArray& indices, const Operand<T>& updates, int axis,
                      SourceLocation at) {
  return apply(Ops<T>::scatter_add, {&x, &updates}, IndexingAttributes{axis, indices}, at);
}

template <class T>
Tensor<T> take_along_axis(const Operand<T>& x, const IntArray& indices, int axis, SourceLocation at) {
  return apply(Ops<T>::take_along_axis, {&x}, IndexingAttributes{axis, indices}, at);
}

template <class T>
Tensor<T> embedding(const Operand<T>& table, const IntArray& ids, SourceLocation at) {
  return apply(Ops<T>::embedding, {&table}, IndexingAttributes{0, ids}, at);
}

template <class T>
Tensor<T> scatter(const Operand<T>& x, const IntArray& indices, const Operand<T>& updates, int axis,
                  SourceLocation at) {
  const Tensor<T> from = x.tensor(at), with = updates.tensor(at);
  const Shape& shape = from.shape();
  const IntArray last = named("scatter", at, [&] {
    const int normalized = shape.normalized(axis);
    check_within(indices, shape, normalized);
    check_updates(shape, normalized, indices.shape(), with.shape());
    IntArray places(Shape{shape[normalized]});
    find_last(shape[normalized], indices.data(), indices.size(), 1, places.mutable_data());
    return places;
  });
  if (indices.size() == 0) return from;
  const int at_axis = shape.normalized(axis);
  const Tensor<T> lined_up = reshape(with, shape.with(at_axis, indices.size()), at);
  Shape beside(1);  // the shape of `last`, lined up with the axis
  for (int i = at_axis + 1; i < shape.rank(); ++i) beside.push_back(1);
  return replaced(from, last.reshaped(beside.with(0, last.size())),
                  gather(lined_up, where(last >= 0, last, 0), at_axis, at), at);
}

template <class T>
Tensor<T> put_along_axis(const Operand<T>& x, const IntArray& indices, const Operand<T>& values, int axis,
                         SourceLocation at) {
  const Tensor<T> from = x.tensor(at), with = values.tensor(at);
  const Shape& shape = from.shape();
  const IntArray last = named("put_along_axis", at, [&] {
    const int normalized = shape.normalized(axis);
    check_beside(indices, shape, normalized);
    if (!(with.shape() == indices.shape()))
      throw Error(fmt::format("values {} do not fit indices {}: there must be one for each", to_string(with.shape()),
                              to_string(indices.shape())));
    const auto [outer, extent, inner] = AroundAxis(shape, normalized);
    const Index count = indices.shape()[normalized];
    IntArray places(shape);
    for (Index o = 0; o < outer; ++o)
      for (Index i = 0; i < inner; ++i)
        find_last(extent, indices.data() + o * count * inner + i, count, inner,
                  places.mutable_data() + o * extent * inner + i);
    return places;
  });
  if (indices.size() == 0) return from;
  return replaced(from, last, take_along_axis(with, where(last >= 0, last, 0), axis, at), at);
}

template <class T>
Tensor<T> slice_scatter(const Operand<T>& x, int axis, Range range, const Operand<T>& values, SourceLocation at) {
  const Tensor<T> from = x.tensor(at), with = values.tensor(at);
  const Shape& shape = from.shape();
  IntArray indices;
  const Shape part = named("slice_scatter", at, [&] {
    const Taken places = taken(shape.extent(axis), range);
    indices = IntArray(Shape{places.count});
    for (Index i = 0; i < places.count; ++i)
      indices.mutable_data()[i] = static_cast<std::int32_t>(places.first + i * places.step);
    const Shape sliced = shape.with(axis, places.count);
    if (!broadcasts_to(with.shape(), sliced))
      throw Error(fmt::format("values {} do not broadcast to the slice of {}, which is {}", to_string(with.shape()),
                              to_string(shape), to_string(sliced)));
    return sliced;
  });
  return scatter(from, indices, with.shape() == part ? with : expand(with, part, at), axis, at);
}

#define EBB_INSTANTIATE(T)                                                                                       \
  template Tensor<T> gather(const Operand<T>&, const IntArray&, int, SourceLocation);                            \
  template Tensor<T> scatter_add(const Operand<T>&, const IntArray&, const Operand<T>&, int, SourceLocation);    \
  template Tensor<T> take_along_axis(const Operand<T>&, const IntArray&, int, SourceLocation);                   \
  template Tensor<T> embedding(const Operand<T>&, const IntArray&, SourceLocation);                              \
  template Tensor<T> scatter(const Operand<T>&, const IntArray&, const Operand<T>&, int, SourceLocation);        \
  template Tensor<T> put_along_axis(const Operand<T>&, const IntArray&, const Operand<T>&, int, SourceLocation); \
  template Tensor<T> slice_scatter(const Operand<T>&, int, Range, const Operand<T>&, SourceLocation);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
