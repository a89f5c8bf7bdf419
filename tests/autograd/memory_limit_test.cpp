// What the engine does where memory runs out, and how much its readers and writers take.
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "support/allocations.hpp"
#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;

TEST_CASE("wherever memory runs out, write_html fails and leaves what was there") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/tape.html";
  write_text(path, "before");
  Tape<float> tape({.keep_all = true});
  tape.backward(sum(square(tape.watch(ebb::uniform<float>({3, 4}, {.seed = 1})))));
  const long failures = failures_before_success([&] { ebb::write_html(tape, path); },
                                                [&] { REQUIRE(std::filesystem::file_size(path) == 6); });
  CHECK(failures > 50);
  CHECK(contains(text_of(path), "</html>"));
  CHECK(folder.names() == std::set<std::string>{"tape.html"});
}

TEST_CASE("wherever memory runs out, save_npy and load_npy fail") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.npy";
  const Array<float> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(failures_before_success([&] { ebb::save_npy(path, x); }, [&] { CHECK(folder.names().empty()); }) > 5);
  Array<float> back;
  CHECK(failures_before_success([&] { back = ebb::load_npy<float>(path); }, [] { ebb::trim_memory(); }) > 3);
  CHECK(back.to_vector() == x.to_vector());
}

TEST_CASE("the header of a .npy file takes a few times its size in memory, whatever it holds") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.npy", length = std::string("\0\0\x20\0", 4);  // 2^21, of version 2.0
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "1, ";
  for (const std::string& start : {std::string("{'descr': '<f4', "),
                                   "{'" + std::string(1 << 20, 'k') + "': ", "{'shape': (" + many, std::string()}) {
    std::string header = start;
    header.resize(1 << 21, ' ');
    write_text(path, "\x93NUMPY\x02" + std::string(1, '\0') + length + header);
    std::string message;
    CHECK(peak_of([&] { message = error_of([&] { (void)ebb::load_npy<float>(path); }); }) < 3 << 21);
    CHECK(message.size() < 1000);
  }
}

TEST_CASE("the page of a tape takes a few times its size in memory") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/tape.html";
  Tape<float> tape({.keep_all = true});
  auto x = tape.watch(ebb::uniform<float>({16, 16}, {.seed = 1}, -1, 1));
  for (int i = 0; i < 2000; ++i) x = sin(x);
  const long peak = peak_of([&] { ebb::write_html(tape, path); });
  CHECK(peak < 6 * static_cast<long>(std::filesystem::file_size(path)));
}

TEST_CASE("a gradient between two records takes memory for what lies between them, however long the tape") {
  const auto memory_for = [](int records) {
    Tape<double> tape;
    const Tensor<double> x = tape.watch(Tensor<double>({}, {0.5}));
    Tensor<double> before = x, after = x;
    for (int i = 0; i < records; ++i) before = sin(before);
    const Tensor<double> target = before * before, y = square(target);
    for (int i = 0; i < records; ++i) after = sin(y);
    return peak_of([&] { (void)grad(y, target); });
  };
  CHECK(std::abs(memory_for(20'000) - memory_for(10)) < 1000);
}

#ifndef EBB_NO_POOL
TEST_CASE("an array that finds no memory takes that of the free blocks") {
  std::thread([] {
    { const Array<float> x(Shape{100'000}); }
    const BytesLeft left(100'000);
    const Array<float> y(Shape{50'000});
    CHECK(ebb::memory_statistics().free == 0);
    CHECK_ERROR(Array<float>(Shape{100'000}), "there is no memory for an array of shape [100000]");
  }).join();
}

TEST_CASE("arrays of ever new sizes leave no more than twice what was in use at once") {
  std::thread([] {
    for (Index n = 100'000; n < 4'000'000; n += 100'000) {
      const Array<float> x(Shape{n});
      const ebb::MemoryStatistics now = ebb::memory_statistics();
      CHECK(now.free + now.in_use <= 2 * now.peak_in_use);
    }
  }).join();
}

TEST_CASE("arrays of the same sizes in each step are taken from the free blocks") {
  std::thread([] {
    const auto step = [] {
      for (int phase = 0; phase < 3; ++phase) {
        std::vector<Array<float>> arrays;
        for (int i = 0; i < 10; ++i) arrays.emplace_back(Shape{200'000 + 10'000 * i});
      }
    };
    step();
    const auto before = ebb::memory_statistics().from_system;
    step();
    CHECK(ebb::memory_statistics().from_system == before);
  }).join();
}
#endif
