#include "provenance.hpp"

#include <sys/utsname.h>

#include <fstream>
#include <thread>

namespace vanishing_attention {

namespace {

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string system_name() {
  utsname name{};
  if (uname(&name) != 0) return "unknown";
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

}  // namespace

Provenance provenance() {
#ifdef __clang__
  const std::string compiler = __VERSION__;
#else
  const std::string compiler = "GCC " __VERSION__;
#endif
  return {
      EBB_VERSION,  compiler, EBB_BUILD_TYPE, processor_name(), static_cast<int>(std::thread::hardware_concurrency()),
      system_name()};
}

}  // namespace vanishing_attention
