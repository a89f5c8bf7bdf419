#include <atomic>
#include <chrono>
#include <thread>

#include "support/check.hpp"

using namespace ebb_test;

TEST_CASE("results come in the order of the steps, whoever is faster") {
  nn::Prefetch data(
      [](Index step) {
        if (step % 3 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return std::pair(step, normal<float>({2, 2}, Key{1}.child(to_size(step))));
      },
      5, 3);
  for (Index step = 5; step < 40; ++step) {
    if (step % 7 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto [number, x] = data.next();
    CHECK(number == step);
    CHECK(x.to_vector() == normal<float>({2, 2}, Key{1}.child(to_size(step))).to_vector());
  }
}

TEST_CASE("no more is made than is to be kept ready") {
  std::atomic<Index> made = 0, most = 1000;
  nn::Prefetch data(
      [&](Index step) {
        CHECK(step < most);  // doctest counts from any thread
        ++made;
        return step;
      },
      0, 2);
  while (made < 2) std::this_thread::yield();
  for (Index step = 0; step < 50; ++step) {
    most = step + 3;  // one place is free after this one is taken: for one more, and not for a second one
    CHECK(data.next() == step);
    while (made < step + 3) std::this_thread::yield();
  }
}

TEST_CASE("an error comes out where its result was due, and again") {
  nn::Prefetch data([](Index step) {
    if (step == 2) throw Error("the file ended");
    return step;
  });
  CHECK(data.next() == 0);
  CHECK(data.next() == 1);
  CHECK_ERROR(data.next(), "the file ended");
  CHECK_ERROR(data.next(), "the file ended");
  CHECK_ERROR(nn::Prefetch([](Index step) { return step; }, 0, 0), "it must keep at least 1 result ahead");
}
