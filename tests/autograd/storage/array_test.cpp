#include <cmath>
#include <limits>
#include <thread>
#include <type_traits>

#include "support/check.hpp"

using namespace ebb_test;
using List = std::vector<double>;

namespace {

/// Where the values of an array of this size lie that is gone again.
template <class T>
const T* address_of(Index size) {
  const Array<T> x{Shape(size)};
  return x.data();
}

template <class X>
concept GivesItsData = requires(X&& x) {
  static_cast<X&&>(x).data();
};
template <class X>
concept GivesItsValues = requires(X&& x) {
  static_cast<X&&>(x).values();
};

}  // namespace

TEST_CASE("one list in braces is the values of an IntArray, and no function takes a shape and a number for an array") {
  const ebb::IntArray labels{2, 0, 1};
  CHECK(labels.shape() == Shape{3});
  CHECK(ebb::IntArray({2, 3}).to_vector() == std::vector<std::int32_t>{2, 3});
  static_assert(!std::is_convertible_v<Shape, Array<double>>);
  const auto rank_of = [](const ebb::IntArray& x) { return x.rank(); };
  CHECK(rank_of({3, 7}) == 1);
}

TEST_CASE("an array that goes at once gives no pointer into it") {
  static_assert(GivesItsData<const Array<float>&> && !GivesItsData<Array<float>>);
  static_assert(GivesItsValues<const Array<float>&> && !GivesItsValues<Array<float>>);
  static_assert(GivesItsData<const ebb::Tensor<float>&> && !GivesItsData<ebb::Tensor<float>>);
  static_assert(!GivesItsValues<decltype(std::declval<ebb::Tensor<float>>().value())>);
  static_assert(!std::is_reference_v<decltype(std::declval<ebb::Tensor<float>>().shape())>);
}

TEST_CASE("an array is made of a shape and values, in row-major order") {
  const Array<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(x.rank() == 2);
  CHECK(x.size() == 6);
  CHECK(x.extent(-1) == 3);
  CHECK(x.at({1, 2}) == 6);
  CHECK(x.at({-1, -3}) == 4);
  CHECK(Array<double>({2}, 7.0).to_vector() == List{7, 7});
  CHECK(Array<double>(Shape{}, 7.0).item() == 7);
  CHECK(Array<double>({0, 3}, 7.0).to_vector().empty());
}

TEST_CASE("an undefined array has no values, and says so when asked for one") {
  Array<double> x;
  CHECK(!x.defined());
  CHECK(!x.sole_owner());
  CHECK(x.size() == 0);
  CHECK(x.data() == nullptr);
  CHECK(x.values().empty());
  CHECK(x.to_vector().empty());
  CHECK_ERROR(x.item(), "undefined");
  CHECK_ERROR(x.at({}), "undefined");
  CHECK_ERROR(x.mutable_data(), "undefined");
  const Array<double> from({2}, {1, 2});
  Array<double> moved = from;
  x = std::move(moved);
  CHECK(x.to_vector() == List{1, 2});
}

TEST_CASE("what an array cannot be or give is refused") {
  const Array<double> x({2, 3}, 0.0);
  CHECK_ERROR(Array<double>(Shape{2, -1}), "[2, -1]: an extent is negative");
  CHECK_ERROR(Array<double>({2}, {1, 2, 3}), "shape [2] holds 2 values, but 3 were given");
  CHECK_ERROR(x.reshaped({4}), "cannot view [2, 3] (6 values) as [4] (4 values)");
  CHECK_ERROR(x.reshaped({-2, -3}), "an extent is negative");
  CHECK_ERROR(x.item(), "exactly one element, but the shape is [2, 3]");
  CHECK_ERROR(x.at({0}), "1 indices for shape [2, 3]");
  CHECK_ERROR(x.at({0, 3}), "index 3 is outside axis 1");
  CHECK_ERROR(x.at({-3, 0}), "index -3 is outside axis 0");
}

TEST_CASE("sizes that overflow or that no memory holds are refused, whatever they wrap around to") {
  constexpr Index most = std::numeric_limits<std::int32_t>::max(), two_to_30 = Index{1} << 30;
  CHECK_ERROR(Array<double>(Shape{most, most, most}), "more elements than can be counted");
  // 2^61 doubles are 2^64 bytes, which would wrap around to none.
  CHECK_ERROR(Array<double>(Shape{two_to_30, two_to_30, 2}), "there is no memory");
  CHECK_ERROR(Array<float>(Shape{two_to_30, two_to_30}), "there is no memory");
  CHECK(Array<double>(Shape{most, most, most, 0}).size() == 0);
}

TEST_CASE("copies and reshapes share a buffer until one of them writes") {
  Array<double> x({2, 2}, {1, 2, 3, 4});
  Array<double> copy = x, flat = x.reshaped({4});
  CHECK(copy.shares_buffer_with(x));
  CHECK(flat.shares_buffer_with(x));
  CHECK(!x.sole_owner());
  flat.mutable_data()[0] = 10;
  CHECK(!flat.shares_buffer_with(x));
  CHECK(x.to_vector() == List{1, 2, 3, 4});
  CHECK(flat.to_vector() == List{10, 2, 3, 4});
  copy = Array<double>();
  CHECK(x.sole_owner());
  const double* before = x.data();
  x.mutable_data()[0] = 5;
  CHECK(x.data() == before);
}

TEST_CASE("buffers are aligned to 64 bytes, at every size") {
  for (Index size = 0; size < 300; ++size) CHECK(reinterpret_cast<std::uintptr_t>(address_of<float>(size)) % 64 == 0);
}

#ifndef EBB_NO_POOL
TEST_CASE("a buffer let go of is used again for the next of its size") {
  const double* first;
  {
    const Array<double> x(Shape{1000});
    first = x.data();
  }
  CHECK(address_of<double>(1000) == first);
  const Array<double> larger(Shape{2000});
  CHECK(larger.data() != first);
  CHECK(address_of<double>(1020) == first);  // 8000 and 8160 bytes are rounded up to the same
}
#endif

#ifndef NDEBUG
TEST_CASE("debug builds fill fresh buffers with NaN") { CHECK(std::isnan(Array<float>(Shape{1}).item())); }
#endif

TEST_CASE("arrays outlive the thread that made them, and may end on another") {
  Array<double> x;
  std::vector<Array<double>> many;
  std::thread([&] {
    x = Array<double>({3}, {1, 2, 3});
    for (int i = 0; i < 100; ++i) many.emplace_back(Shape{i}, 1.0);
  }).join();
  CHECK(x.to_vector() == List{1, 2, 3});
  many.clear();
  std::thread([moved = std::move(x)]() mutable { moved = Array<double>(); }).join();
  // Blocks that came from elsewhere are not mixed up with this thread's own.
  for (int i = 0; i < 100; ++i) many.emplace_back(Shape{i}, 2.0);
  for (const auto& array : many)
    for (double value : array.values()) CHECK(value == 2);
}

TEST_CASE("arrays with static storage end after the pool of their thread") {
  static Array<double> kept;  // that this ends well is for the sanitizers to say
  thread_local Array<double> here;
  kept = here = Array<double>({3}, 1.0);
  CHECK(kept.shares_buffer_with(here));
}

TEST_CASE("integer arrays hold ids and masks") {
  const IntArray ids({2, 2}, {0, 1, 2, -3});
  CHECK(ids.at({1, 1}) == -3);
}

TEST_CASE("the norm of an array neither overflows nor underflows on the way") {
  CHECK(norm_of(Array<double>({2}, {3, 4})) == 5);
  CHECK(norm_of(Array<double>({2}, {3e200, -4e200})) == doctest::Approx(5e200));
  CHECK(norm_of(Array<double>({2}, {3e-200, 4e-200})) / 5e-200 == doctest::Approx(1));
  CHECK(norm_of(Array<float>({2}, {3e-30f, 4e-30f})) / 5e-30 == doctest::Approx(1));
  CHECK(norm_of(Array<double>({0}, 0.0)) == 0);
  CHECK(std::isnan(norm_of(Array<double>({3}, {NAN, 1, INFINITY}))));
  CHECK(std::isinf(norm_of(Array<double>({2}, {1, -INFINITY}))));
}

TEST_CASE("rows in braces are a matrix of integers") {
  const IntArray x{{1, 2, 3}, {4, 5, 6}};
  CHECK(x.shape() == ebb::Shape{2, 3});
  CHECK(x.to_vector() == std::vector<std::int32_t>{1, 2, 3, 4, 5, 6});
  CHECK(IntArray({{1}, {2}}).shape() == ebb::Shape{2, 1});
  CHECK_ERROR((IntArray{{2, 3}, {1, 2, 3, 4, 5, 6}}), "rows of a matrix in braces are of one length",
              "a shape and its values stand in parentheses");
  CHECK(gather(ebb::arange<float>(0, 5), {{0, 1}, {2, 4}}, 0).to_vector() == std::vector<float>{0, 1, 2, 4});
}
