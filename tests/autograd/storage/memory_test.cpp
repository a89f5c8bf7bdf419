
#include <ebb/autograd/storage/array.hpp>
#include <ebb/autograd/storage/memory.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "support/check.hpp"

using namespace ebb_test;

#ifndef EBB_NO_POOL
namespace {

/// Where the values of an array of this size lie that is gone again.
const float* address_of(Index size) {
  const Array<float> x{Shape(size)};
  return x.data();
}

}  // namespace
#endif

TEST_CASE("memory in use follows the arrays that there are") {
  const auto before = ebb::memory_statistics().in_use;
  std::optional<Array<float>> x(Shape{1000});
  const auto held = ebb::memory_statistics().in_use - before;
  CHECK(held >= 4000);
  CHECK(held <= 4096);
  const Array<float> same = *x;
  CHECK(ebb::memory_statistics().in_use == before + held);
  x.reset();
  CHECK(ebb::memory_statistics().in_use == before + held);
}

TEST_CASE("no array takes more than an eighth beyond its size, and 64 bytes") {
  for (Index bytes = 0; bytes < 70'000; bytes += bytes < 2000 ? 1 : 997) {
    ebb::trim_memory();  // a large one would take a free block that is a little larger
    const auto before = ebb::memory_statistics().in_use;
    const Array<std::int32_t> x(Shape{(bytes + 3) / 4});
    const auto asked = static_cast<std::size_t>(x.size()) * 4, held = ebb::memory_statistics().in_use - before;
    CAPTURE(bytes);
    CHECK(held >= asked);
    CHECK(held <= asked + asked / 8 + 64);
  }
}

TEST_CASE("the peak is the most in use at once, until it is reset") {
  const auto before = ebb::memory_statistics().in_use;
  ebb::reset_peak_memory();
  { const Array<float> a(Shape{25'000}), b(Shape{25'000}); }
  const auto peak = ebb::memory_statistics().peak_in_use;
  CHECK(peak >= before + 200'000);
  CHECK(peak <= before + 230'000);
  ebb::reset_peak_memory();
  CHECK(ebb::memory_statistics().peak_in_use == before);
}

#ifndef EBB_NO_POOL
TEST_CASE("what arrays let go of is kept for the next, until it is trimmed") {
  ebb::trim_memory();
  CHECK(ebb::memory_statistics().free == 0);
  { const Array<float> x(Shape{1000}); }
  const auto after = ebb::memory_statistics();
  CHECK(after.free >= 4000);
  { const Array<float> again(Shape{1000}); }
  CHECK(ebb::memory_statistics().from_system == after.from_system);
  CHECK(ebb::memory_statistics().free == after.free);
  ebb::trim_memory();
  CHECK(ebb::memory_statistics().free == 0);
}

TEST_CASE("a large array takes a free block that is a little larger") {
  ebb::trim_memory();
  const float* first;
  {
    const Array<float> x(Shape{20'000});
    first = x.data();
  }
  CHECK(address_of(17'000) == first);
  CHECK(address_of(12'000) != first);
}
#endif

TEST_CASE("each thread counts its own arrays") {
  const auto here = ebb::memory_statistics().in_use;
  std::thread([&] {
    const Array<float> x(Shape{1000});
    CHECK(ebb::memory_statistics().in_use >= 4000);
  }).join();
  CHECK(ebb::memory_statistics().in_use == here);
}

TEST_CASE("a thread does not count what another one made that has ended") {
  std::optional<Array<float>> x;
  std::thread([&] { x.emplace(Shape{1000}); }).join();
  std::thread([&] {  // often at the very address of the first
    x.reset();
    CHECK(ebb::memory_statistics().in_use == 0);
    CHECK(ebb::memory_statistics().free == 0);
  })
      .join();
}
