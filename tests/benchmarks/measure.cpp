#include "measure.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

double median(std::vector<double> seconds) {
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

long peak_memory_mb() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void print_line(const char* work, std::initializer_list<std::pair<const char*, nlohmann::ordered_json>> values) {
  nlohmann::ordered_json line{{"peer", "ebb " EBB_VERSION}, {"work", work}};
  for (const auto& [key, value] : values) line[key] = value;
  std::puts(line.dump().c_str());
  std::fflush(stdout);
}

double rounded(double x, int places) {
  const double scale = std::pow(10, places);
  return std::round(x * scale) / scale;
}
