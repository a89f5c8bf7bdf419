#pragma once

// The border to xtensor, opt-in: nothing else of ebb includes this header or needs xtensor. Views go out without a
// copy, any expression comes in by one, and both are read and written as NumPy's .npy files.

#if __has_include(<xtensor/containers/xarray.hpp>)  // since 0.26
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/io/xnpy.hpp>
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
#include <xtensor/xnpy.hpp>
#endif

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include "error.hpp"
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

/// Writes a .npy file. Throws Error if that fails, and leaves a file that was there before as it was.
template <class T>
void save_npy(const std::string& path, const Array<T>& x) {
  const std::string bytes = xt::dump_npy(as_xtensor(x)), unfinished = path + ".part";
  std::ofstream out(unfinished, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    std::remove(unfinished.c_str());
    throw Error("save_npy() cannot write " + path);
  }
}
template <class T>
void save_npy(const std::string& path, const Tensor<T>& x) {
  save_npy(path, x.value());
}

/// Reads a .npy file whose elements are of type T (float, double or std::int32_t), in C or Fortran order. Throws Error
/// if there is no such file, or it holds something else.
template <class T>
Array<T> load_npy(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error("load_npy() cannot open " + path);
  try {
    const auto x = xt::load_npy<T>(in);
    if (!in) throw Error("the file is shorter than its header says");
    return from_xtensor<T>(x);
  } catch (const std::exception& error) {
    throw Error("load_npy() cannot read " + path + ": " + error.what());
  }
}

}  // namespace ebb
