#include "support/check.hpp"

using namespace ebb_test;
using ebb::nn::BatchSampler;

TEST_CASE("the targets of a batch are what follows its inputs") {
  IntArray tokens(Shape{100});
  for (int i = 0; i < 100; ++i) tokens.mutable_data()[i] = 3 * i;
  const auto [inputs, targets] = BatchSampler(tokens, 7, 4, Key{1})(0);
  REQUIRE(inputs.shape() == Shape{4, 7});
  REQUIRE(targets.shape() == Shape{4, 7});
  for (int row = 0; row < 4; ++row)
    for (int i = 0; i < 7; ++i) {
      CHECK(targets.at({row, i}) == inputs.at({row, i}) + 3);
      CHECK(inputs.at({row, i}) == inputs.at({row, 0}) + 3 * i);
    }
}

TEST_CASE("a batch depends on the key and the number of the step alone") {
  const IntArray tokens = ebb::uniform_integers({1000}, Key{9}, 0, 100);
  const BatchSampler sampler(tokens, 16, 2, Key{1}), same(tokens, 16, 2, Key{1}), other(tokens, 16, 2, Key{2});
  const auto fifth = sampler(5).inputs.to_vector();
  CHECK(sampler(6).inputs.to_vector() != fifth);
  CHECK(sampler(5).inputs.to_vector() == fifth);
  CHECK(same(5).inputs.to_vector() == fifth);
  CHECK(other(5).inputs.to_vector() != fifth);
}

TEST_CASE("batches reach the first and the last piece of the text") {
  const BatchSampler sampler(IntArray({4}, {10, 11, 12, 13}), 2, 64, Key{1});
  const auto starts = sampler(0).inputs.to_vector(), ends = sampler(0).targets.to_vector();
  CHECK(std::count(starts.begin(), starts.end(), 10) > 0);
  CHECK(std::count(ends.begin(), ends.end(), 13) > 0);
}

TEST_CASE("a text that is too short for the context is refused") {
  CHECK_THROWS_WITH_AS(BatchSampler(IntArray({2}, {1, 2}), 2, 1, Key{1}),
                       "BatchSampler: a context of 2 needs tokens in one axis of at least 3, but got the shape [2]",
                       ebb::Error);
  CHECK_NOTHROW(BatchSampler(IntArray({3}, {1, 2, 3}), 2, 1, Key{1})(0));
  CHECK_THROWS_WITH_AS(BatchSampler(IntArray({3}, {1, 2, 3}), 0, 1, Key{1}),
                       "BatchSampler: context and batch must be greater than 0, not 0 and 1", ebb::Error);
}
