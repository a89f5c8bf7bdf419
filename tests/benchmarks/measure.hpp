#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

/// Seconds on a clock that only goes forward.
inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The upper median, as the libtorch side takes it.
double median(std::vector<double> seconds);

/// The most memory that this process has held so far, in MiB.
long peak_memory_mb();

/// Prints one line, {"peer":"ebb ...","work":...,...}: numbers with as many digits as say something.
void print_line(const char* work, std::initializer_list<std::pair<const char*, nlohmann::ordered_json>> values);

/// For print_line: with this many decimal places.
double rounded(double x, int places);

/// The most that this machine's cores can do, by one short run: independent fused multiply-adds in registers, in float,
/// on this many threads, with the widest vectors that it has. 10^9 operations a second, of two to a multiply-add.
double fma_gflops(int threads);
