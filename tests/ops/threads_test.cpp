#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <ebb/autograd/storage/memory.hpp>
#include <new>

#include "support/check.hpp"

using namespace ebb_test;

namespace {

/// Requests for memory from so many bytes on, up to half as much again, are refused.
std::atomic<std::size_t> refused{0};

}  // namespace

// Buffers come from these.
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const std::size_t from = refused, multiple = static_cast<std::size_t>(alignment);
  if (from != 0 && bytes >= from && bytes < from + from / 2) throw std::bad_alloc();
  void* memory = std::aligned_alloc(multiple, (bytes + multiple - 1) / multiple * multiple);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

TEST_CASE("an error inside a loop that several threads share reaches the caller") {
  constexpr ebb::Index n = 20011;
  const auto x = ebb::uniform<float>({n, 64}, ebb::Key{1});
  const int before = ebb::threads();
  ebb::set_threads(2);
  ebb::trim_memory();                // nothing may be at hand
  refused = 16 * n * sizeof(float);  // the scratch memory for 16 columns
  CHECK_ERROR(ebb::softmax(x, 0), "there is no memory for an array of shape [1, 16, 20011]");
  refused = 0;
  ebb::set_threads(before);
  CHECK(ebb::sum(ebb::softmax(x, 0)).item() == doctest::Approx(64));
}

TEST_CASE("a number of threads that no machine could start is refused") {
  CHECK_ERROR(ebb::set_threads(0), "set_threads(0): there must be at least one, and at most 1024");
  CHECK_ERROR(ebb::set_threads(100'000), "set_threads(100000): there must be at least one, and at most 1024");
}

TEST_CASE("a process forked from one with several threads computes on, with one") {
  const int before = ebb::threads();
  ebb::set_threads(2);
  const auto x = ebb::uniform<float>({512, 512}, ebb::Key{1});
  const float expected = sum(softmax(x)).item();  // its threads are there now
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);  // OpenMP would wait for ever
    bool refused = false;
    try {
      ebb::set_threads(2);
    } catch (const ebb::Error&) {
      refused = true;
    }
    ::_exit(sum(softmax(x)).item() == expected && ebb::threads() == 1 && refused ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  ebb::set_threads(before);
}
