#include <ebb/autograd/xtensor.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
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

using ebb::Array;
using ebb::Shape;
using ebb::Tensor;
using ebb_test::contains;
using ebb_test::error_of;
using List = std::vector<double>;

namespace {

/// A path in the temporary folder, and no file there before and after.
struct File {
  std::string path;
  explicit File(const std::string& name)
      : path((std::filesystem::temp_directory_path() / ("ebb_" + std::to_string(::getpid()) + name)).string()) {}
  ~File() { std::filesystem::remove(path); }
};

}  // namespace

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

TEST_CASE("scalars and empty tensors go out and come back") {
  for (const Shape& shape : {Shape{}, Shape{0}, Shape{3, 0, 2}, Shape{1}}) {
    CAPTURE(to_string(shape));
    const Array<double> x(shape, 1.5);
    const Array<double> back = ebb::from_xtensor<double>(ebb::as_xtensor(x));
    CHECK(back.shape() == shape);
    CHECK(back.to_vector() == x.to_vector());
  }
  CHECK(contains(error_of([] { ebb::as_xtensor(Tensor<float>()); }), "undefined"));
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

TEST_CASE(".npy files keep shape, type and values") {
  const File file("_round.npy");
  for (const Shape& shape : {Shape{}, Shape{0, 2}, Shape{2, 3}}) {
    const Tensor<double> x = ebb::uniform<double>(shape, ebb::Key{1});
    save_npy(file.path, x);
    CHECK(ebb::load_npy<double>(file.path).shape() == shape);
    CHECK(ebb::load_npy<double>(file.path).to_vector() == x.to_vector());
  }
  ebb::save_npy(file.path, Array<std::int32_t>({3}, {-1, 0, 7}));
  CHECK(ebb::load_npy<std::int32_t>(file.path).to_vector() == std::vector<std::int32_t>{-1, 0, 7});
  CHECK(contains(error_of([&] { ebb::load_npy<float>(file.path); }), "formats not matching"));
  const xt::xarray<double, xt::layout_type::column_major> fortran{{1, 2, 3}, {4, 5, 6}};
  xt::dump_npy(file.path, fortran);
  CHECK(ebb::load_npy<double>(file.path).to_vector() == List{1, 2, 3, 4, 5, 6});
}

TEST_CASE("what is no whole .npy file is refused, and a failed save leaves the old file") {
  const File file("_broken.npy");
  CHECK(contains(error_of([&] { ebb::load_npy<float>(file.path); }), "cannot open"));
  save_npy(file.path, ebb::ones<float>({100}));
  std::filesystem::resize_file(file.path, 300);
  CHECK(contains(error_of([&] { ebb::load_npy<float>(file.path); }), "shorter than its header says"));
  std::ofstream(file.path) << "no array";
  CHECK(contains(error_of([&] { ebb::load_npy<float>(file.path); }), "cannot read"));
  CHECK(contains(error_of([&] { save_npy(file.path + "/x.npy", ebb::ones<float>({1})); }), "cannot write"));
  std::filesystem::create_directory(file.path + ".part");  // so that the new file cannot be made
  CHECK(contains(error_of([&] { save_npy(file.path, ebb::ones<float>({1})); }), "cannot write"));
  std::filesystem::remove(file.path + ".part");
  CHECK(std::filesystem::file_size(file.path) == 8);
}
