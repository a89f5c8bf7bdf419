#pragma once

// The border to xtensor, opt-in: nothing else of ebb includes this header or needs xtensor. Views go out without a
// copy, any expression comes in by one; so does an xarray that is moved in, since its memory cannot become an array's:
// it is not aligned to 64 bytes, and has no room for the count of owners, which stands just before the values.

#if __has_include(<xtensor/containers/xarray.hpp>)  // since 0.26
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#else
#include <xtensor/xexpression_traits.hpp>
#include <xtensor/xstorage.hpp>
// In C++20, compilers take the shape of an xarray, svector<size_t, 4>, for one of fixed size, so that temporaries
// become xtensors of rank 4 (xtensor issue 1970, fixed in 0.26). Every translation unit that uses xarray must see this
// cure.
template <>
struct xt::detail::xtype_for_shape<xt::dynamic_shape<std::size_t>> {
  template <class T, layout_type L>
  using type = xarray<T, L>;
};
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#endif

#include <algorithm>
#include <memory>

#include "base/error.hpp"
#include "tensor.hpp"

namespace ebb {

/// The values as a read-only xtensor expression, without a copy. It holds a reference to the buffer, so that it may
/// outlive `x`; its values never change.
template <class T>
auto as_xtensor(const Array<T>& x) {
  if (!x.defined()) throw Error("as_xtensor() of an undefined array or tensor");
  const xt::dynamic_shape<std::size_t> shape(x.shape().begin(), x.shape().end());
  return xt::adapt_smart_ptr<xt::layout_type::row_major, const T*>(x.data(), shape,
                                                                   std::make_shared<const Array<T>>(x));
}
template <class T>
auto as_xtensor(const Tensor<T>& x) {
  return as_xtensor(x.value());
}

/// The values of any xtensor expression, by copy, each cast to T (float, double or std::int32_t). A reducer with
/// keep_dims inside a larger expression must be evaluated first, `xt::eval(xt::sum(x, {1}, xt::keep_dims))`: xtensor
/// broadcasts lazy ones wrongly (its issue 2737).
template <class T, class E>
Array<T> from_xtensor(const xt::xexpression<E>& expression) {
  const E& e = expression.derived_cast();
  Shape shape;
  for (auto extent : e.shape()) shape.push_back(static_cast<Index>(extent));
  Array<T> x(shape);
  std::transform(e.template begin<xt::layout_type::row_major>(), e.template end<xt::layout_type::row_major>(),
                 x.mutable_data(), [](auto value) { return static_cast<T>(value); });
  return x;
}

}  // namespace ebb
