#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "support/check.hpp"

using namespace ebb_test;
using nn::MiniBatches;

namespace {

std::vector<std::int32_t> epoch(MiniBatches& batches, Index number) {
  std::vector<std::int32_t> rows;
  for (Index step = 0; step < batches.per_epoch(); ++step)
    for (std::int32_t row : batches(number * batches.per_epoch() + step).to_vector()) rows.push_back(row);
  return rows;
}

std::vector<std::int32_t> sorted(std::vector<std::int32_t> x) {
  std::sort(x.begin(), x.end());
  return x;
}

}  // namespace

TEST_CASE("an epoch deals out each row once, each epoch in an order of its own") {
  MiniBatches batches(10, 4, Key{1});
  CHECK(batches.per_epoch() == 3);
  CHECK(batches(0).size() == 4);
  CHECK(batches(2).size() == 2);
  std::vector<std::int32_t> all(10);
  std::iota(all.begin(), all.end(), 0);
  CHECK(sorted(epoch(batches, 0)) == all);
  CHECK(sorted(epoch(batches, 7)) == all);
  CHECK(epoch(batches, 0) != epoch(batches, 1));
  CHECK(epoch(batches, 0) != all);
}

TEST_CASE("the batch of a step depends on the key and the step alone") {
  MiniBatches batches(100, 8, Key{1}), resumed(100, 8, Key{1}), other(100, 8, Key{2});
  for (Index step = 0; step < 40; ++step) (void)batches(step);
  CHECK(resumed(40).to_vector() == batches(40).to_vector());
  CHECK(batches(3).to_vector() == resumed(3).to_vector());
  CHECK(batches(3).to_vector() != other(3).to_vector());
}

TEST_CASE("the last batch is dropped, rows come in order, and of some rows alone, when asked") {
  MiniBatches batches(IntArray{5, 6, 7, 8, 9}, 2, Key{1}, {.shuffle = false, .drop_last = true});
  CHECK(batches.per_epoch() == 2);
  CHECK(batches(1).to_vector() == std::vector<std::int32_t>{7, 8});
  CHECK(batches(2).to_vector() == std::vector<std::int32_t>{5, 6});
  MiniBatches shuffled(IntArray{5, 6, 7, 8, 9}, 2, Key{1});
  CHECK(sorted(epoch(shuffled, 0)) == std::vector<std::int32_t>{5, 6, 7, 8, 9});
}

TEST_CASE("batches that cannot be are refused") {
  CHECK_ERROR(MiniBatches(0, 4, Key{1}), "there must be a row to deal out, not 0");
  CHECK_ERROR(MiniBatches(4, 0, Key{1}), "the batch size must be at least 1, not 0");
  CHECK_ERROR(MiniBatches(IntArray({1, 1}, {0}), 1, Key{1}), "along one axis", "[1, 1]");
  CHECK_ERROR(MiniBatches(3, 4, Key{1}, {.drop_last = true}), "3 rows do not fill a batch of 4");
  MiniBatches batches(4, 4, Key{1});
  CHECK_ERROR(batches(-1), "there is no step -1");
}

TEST_CASE("a split holds out a share of the rows, and shares none") {
  const auto [train, held_out] = nn::split_rows(10, 0.25, Key{1});
  CHECK(train.size() == 7);
  CHECK(held_out.size() == 3);
  std::vector<std::int32_t> all = train.to_vector();
  for (std::int32_t row : held_out.to_vector()) all.push_back(row);
  CHECK(std::set<std::int32_t>(all.begin(), all.end()).size() == 10);
  CHECK(nn::split_rows(10, 0.25, Key{1}).train.to_vector() == train.to_vector());
  CHECK(nn::split_rows(10, 0.25, Key{2}).train.to_vector() != train.to_vector());
  for (const double share : {0.0, 0.01, 1.0, -0.5, static_cast<double>(NAN)})
    CHECK_ERROR(nn::split_rows(10, share, Key{1}), "of 10 rows leaves none");
}
