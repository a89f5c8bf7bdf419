#include "isa/isa.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "../base/error.hpp"

namespace ebb::kernels {

namespace {

bool machine_has(Isa isa) {
#ifdef EBB_X86_KERNELS
  if (isa == Isa::avx512)
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512cd") != 0 &&
           __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512vl") != 0;
  if (isa == Isa::avx2) return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
#endif
  return isa == Isa::baseline;
}

Isa choose() {
  const char* asked = std::getenv("EBB_ISA");
  if (asked == nullptr || *asked == '\0')
    return machine_has(Isa::avx512) ? Isa::avx512 : machine_has(Isa::avx2) ? Isa::avx2 : Isa::baseline;
  const std::string name = asked;
  const Isa isa = name == "avx512" ? Isa::avx512 : name == "avx2" ? Isa::avx2 : Isa::baseline;
  if (isa == Isa::baseline && name != "baseline")
    throw Error(fmt::format("EBB_ISA is '{}'; it can be baseline, avx2 or avx512", name));
  if (!machine_has(isa)) throw Error(fmt::format("EBB_ISA asks for {}, which this machine does not have", name));
  return isa;
}

}  // namespace

Isa chosen_isa() {
  static const Isa isa = choose();
  return isa;
}

}  // namespace ebb::kernels
