#include <ebb/autograd/xtensor.hpp>

#include <cstdint>
#include <type_traits>

#include "support/check.hpp"

#if __has_include(<xtensor/core/xmath.hpp>)
#include <xtensor/core/xmath.hpp>
#include <xtensor/misc/xmanipulation.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xview.hpp>
#endif

using namespace ebb_test;
using List = std::vector<double>;

TEST_CASE("a view of a tensor shares its values, is read-only, and may outlive it") {
  Array<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  const double* data = x.data();
  auto view = ebb::as_xtensor(Tensor<double>(x));
  static_assert(std::is_same_v<decltype(view(0, 0)), const double&>);
  CHECK(view.dimension() == 2);
  CHECK(&view(1, 2) == data + 5);
  x.mutable_data()[5] = 60;  // the view holds a reference, so this array now has a buffer of its own
  CHECK(view(1, 2) == 6);
  CHECK(x.data() != data);
  x = {};
  const auto copy = view;
  CHECK(xt::sum(copy)() == 21);
}

TEST_CASE("a view of a parameter's value keeps it when the parameter takes another") {
  ebb::Parameter<float> w(Array<float>({2}, {1, 2}));
  const auto view = ebb::as_xtensor(w.value());
  w.set_value(Array<float>({2}, {3, 4}));
  CHECK(view(1) == 2);
  CHECK(xt::sum(view)() == 3);
}

TEST_CASE("scalars and empty tensors go out and come back") {
  for (const Shape& shape : {Shape{}, Shape{0}, Shape{3, 0, 2}, Shape{1}}) {
    CAPTURE(to_string(shape));
    const Array<double> x(shape, 1.5);
    const Array<double> back = ebb::from_xtensor<double>(ebb::as_xtensor(x));
    CHECK(back.shape() == shape);
    CHECK(back.to_vector() == x.to_vector());
  }
  CHECK_ERROR(ebb::as_xtensor(Tensor<float>()), "undefined");
}

TEST_CASE("expressions come in by copy, cast, and in row-major order") {
  const xt::xarray<double> a{{1, 2, 3}, {4, 5, 6}};
  CHECK(ebb::from_xtensor<double>(a + 1).to_vector() == List{2, 3, 4, 5, 6, 7});
  CHECK(ebb::from_xtensor<double>(xt::transpose(a)).to_vector() == List{1, 4, 2, 5, 3, 6});
  CHECK(ebb::from_xtensor<double>(xt::view(a, xt::all(), xt::range(2, xt::placeholders::_, -2))).to_vector() ==
        List{3, 1, 6, 4});
  CHECK(ebb::from_xtensor<std::int32_t>(a > 2.0).to_vector() == std::vector<std::int32_t>{0, 0, 1, 1, 1, 1});
  const Tensor<float> x = ebb::from_xtensor<float>(ebb::as_xtensor(Array<double>({2}, {1, 2})) * 3);
  CHECK(x.to_vector() == std::vector<float>{3, 6});
  // What the header cures: without it, this temporary has rank 4 with g++ in C++20.
  CHECK(ebb::from_xtensor<double>(xt::eval(a + a)).shape() == Shape{2, 3});
  CHECK(ebb::from_xtensor<double>(xt::eval(xt::sum(a, {1}))).to_vector() == List{6, 15});
}

TEST_CASE("an array that is moved in is copied too: its memory is another's") {
  xt::xarray<float> a = xt::ones<float>({3, 5});
  const float* data = a.data();
  const Array<float> x = ebb::from_xtensor<float>(std::move(a));
  CHECK(x.data() != data);
  CHECK(reinterpret_cast<std::uintptr_t>(x.data()) % 64 == 0);
  CHECK(x.sole_owner());
  CHECK(x.to_vector() == std::vector<float>(15, 1));
}

TEST_CASE("shapes that no array has are refused at the border") {
  CHECK_ERROR(ebb::from_xtensor<float>(xt::ones<float>({1, 1, 1, 1, 1, 1, 1, 1, 1})), "at most 8 axes");
}
