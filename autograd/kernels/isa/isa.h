#pragma once

namespace ebb::kernels {

/// The instruction sets that the kernels under isa/ are compiled for, each in object files of its own.
enum class Isa { baseline, avx2, avx512 };

/// The best one that this machine has, or the one that the environment variable EBB_ISA names (baseline, avx2, avx512).
/// Chosen once. Throws Error for a name that is none of these, or one that the machine lacks.
Isa chosen_isa();

/// A family of kernels is a struct of function pointers, with a static member `template <Isa> const Family& on()` that
/// the family's file under isa/ defines for each instruction set. This is the one for the set in use.
template <class Family>
const Family& chosen() {
  static const Family& family = []() -> const Family& {
    switch (chosen_isa()) {
#ifdef EBB_X86_KERNELS
      case Isa::avx512:
        return Family::template on<Isa::avx512>();
      case Isa::avx2:
        return Family::template on<Isa::avx2>();
#endif
      default:
        return Family::template on<Isa::baseline>();
    }
  }();
  return family;
}

}  // namespace ebb::kernels
