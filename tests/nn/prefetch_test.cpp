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

TEST_CASE("no more is made than is to be kept ready, and what was not asked for goes") {
  std::atomic<int> made = 0;
  {
    nn::Prefetch data([&](Index) { return ++made; }, 0, 2);
    CHECK(data.next() == 1);
    while (made < 3) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(made <= 3);  // one was taken, two are ready
  }
  const int at_the_end = made;
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  CHECK(made == at_the_end);
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
