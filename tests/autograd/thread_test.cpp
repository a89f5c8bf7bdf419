#include <algorithm>
#include <thread>
#include <utility>

#include "support/check.hpp"

using namespace ebb_test;

namespace {

using T = Tensor<double>;

/// Runs `work(number)` on this many threads at once.
template <class Work>
void on_threads(int count, Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
  for (auto& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("each thread has tapes of its own") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3}));
  std::thread([&] {
    CHECK(Tape<double>::current() == nullptr);
    CHECK(!(x * x).tracked());
    Tape<double> here;
    CHECK_ERROR(x * here.watch(T({}, {1})), "no longer in scope on this");
  }).join();
  CHECK((x * x).tracked());
}

TEST_CASE("threads read one parameter at once, each on its own tape") {
  const Parameter<double> w(ebb::Array<double>({100}, 3.0));
  std::vector<double> results(4);
  on_threads(4, [&](int number) {
    const double factor = number + 1;
    for (int round = 0; round < 50; ++round) {
      Tape<double> tape;
      T h = w * factor;
      for (int i = 0; i < 10; ++i) h = h + ebb::checkpoint([&](const T& a) { return a * w; }, h) * 0.0;
      results[ebb::to_size(number)] = grad(sum_to(h * h, {}), w, {.create_graph = true}).at({99});
    }
  });
  CHECK(results == std::vector<double>{6, 24, 54, 96});
  CHECK(!w.gradient().defined());
}

TEST_CASE("tapes made on several threads at once have different ids") {
  std::vector<std::uint64_t> ids(400);
  on_threads(4, [&](int number) {
    for (int i = 0; i < 100; ++i) ids[ebb::to_size(100 * number + i)] = Tape<double>().id();
  });
  std::sort(ids.begin(), ids.end());
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE("buffers wander between threads") {
  std::vector<T> made(64);
  on_threads(4, [&](int number) {
    for (int i = number; i < 64; i += 4) made[ebb::to_size(i)] = ebb::full<double>({i}, i);
  });
  on_threads(4, [&](int number) {
    for (int i = 16 * number; i < 16 * number + 16; ++i) {
      T& x = made[ebb::to_size(i)];
      CHECK(x.to_vector() == std::vector<double>(ebb::to_size(i), i));
      x = T();
      x = ebb::full<double>({i}, 2 * i);
    }
  });
  for (int i = 0; i < 64; ++i) CHECK(made[ebb::to_size(i)].to_vector() == std::vector<double>(ebb::to_size(i), 2 * i));
}

TEST_CASE("who writes in place waits for no reader, and overtakes none") {
  using Values = ebb::Array<double>;
  for (int round = 0; round < 100; ++round) {
    Values x({500}, 1.0);
    double seen = 0;
    std::thread reader([copy = x, &seen]() mutable {
      const Values here = std::exchange(copy, {});
      for (double value : here.to_vector()) seen += value;
    });
    double* values = x.mutable_data();  // in place if the reader has finished, else a copy
    std::fill(values, values + 500, 2.0);
    reader.join();
    CHECK(seen == 500);
    CHECK(x.at({499}) == 2);
  }
}

TEST_CASE("a gradient made on one thread steps a parameter on another") {
  Parameter<double> w(ebb::Array<double>({100}, 3.0));
  for (int round = 0; round < 20; ++round) {
    T gradient;
    std::thread([&] {
      Tape<double> tape;
      gradient = grad(sum_to(w * w, {}), w);
    }).join();
    const T next = w - 0.25 * gradient;
    gradient = T();
    std::thread([&] { w.set_value(next.value()); }).join();
  }
  CHECK(w.value().at({99}) == doctest::Approx(3 / double(1 << 20)));
}

TEST_CASE("walks of several threads over one parameter all arrive at its gradient") {
  const Parameter<double> w(T({2}, {1, 2}));
  constexpr int walks = 200;
  on_threads(4, [&](int) {
    for (int i = 0; i < walks; ++i) {
      Tape<double> tape;
      tape.backward(sum_to(w * w, {}));
    }
  });
  CHECK(w.gradient().to_vector() == std::vector<double>{4 * walks * 2.0, 4 * walks * 4.0});
}
