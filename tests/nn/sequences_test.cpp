#include "support/check.hpp"

using namespace ebb_test;

TEST_CASE("sequences are padded to the longest, and the mask says where") {
  const auto [ids, mask] = nn::pad_sequences<std::int32_t>({{3, 1, 4}, {1, 5}, IntArray(Shape{0})}, -7);
  CHECK(ids.shape() == Shape{3, 3});
  CHECK(ids.to_vector() == std::vector<std::int32_t>{3, 1, 4, 1, 5, -7, -7, -7, -7});
  CHECK(mask.to_vector() == std::vector<std::int32_t>{1, 1, 1, 1, 1, 0, 0, 0, 0});
  const auto features = nn::pad_sequences<float>({Array<float>({1, 2}, {1, 2}), Array<float>({2, 2}, {3, 4, 5, 6})}, 0);
  CHECK(features.values.shape() == Shape{2, 2, 2});
  CHECK(features.values.to_vector() == std::vector<float>{1, 2, 0, 0, 3, 4, 5, 6});
  CHECK(features.mask.to_vector() == std::vector<std::int32_t>{1, 0, 1, 1});
}

TEST_CASE("sequences that do not go side by side are refused") {
  CHECK_ERROR(nn::pad_sequences<float>({}, 0), "there is no sequence");
  CHECK_ERROR(nn::pad_sequences<float>({Array<float>({1, 2}, 0), Array<float>({1, 3}, 0)}, 0),
              "sequence 1 has the shape [1, 3], and the first [1, 2]");
  CHECK_ERROR(nn::pad_sequences<float>({Array<float>({}, {1})}, 0), "sequence 0 is a single number");
  CHECK_ERROR(nn::pad_sequences<float>({Array<float>()}, 0), "sequence 0 is undefined");
}

TEST_CASE("windows are the places of all pieces of a series") {
  CHECK(nn::windows(5, 3).shape() == Shape{3, 3});
  CHECK(nn::windows(5, 3).to_vector() == std::vector<std::int32_t>{0, 1, 2, 1, 2, 3, 2, 3, 4});
  CHECK(nn::windows(6, 2, 3).to_vector() == std::vector<std::int32_t>{0, 1, 3, 4});
  CHECK(nn::windows(3, 3).shape() == Shape{1, 3});
  const Tensor<float> series({4}, {10, 11, 12, 13});
  CHECK(gather(series, nn::windows(4, 2, 2), 0).to_vector() == std::vector<float>{10, 11, 12, 13});
  CHECK_ERROR(nn::windows(2, 3), "a series of 2 elements has no piece of 3");
  CHECK_ERROR(nn::windows(2, 0), "length and stride must be at least 1, not 0 and 1");
  CHECK_ERROR(nn::windows(2, 1, 0), "not 1 and 0");
  CHECK_ERROR(nn::windows(5'000'000'000, 1, 1'000'000'000), "the series has 5000000000 elements");
}
