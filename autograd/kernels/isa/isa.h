#pragma once

namespace ebb::kernels {

/// The instruction sets that the kernels under isa/ are compiled for, each in object files of its own.
enum class Isa { baseline, avx2, avx512 };

/// The best one that this machine has, or the one that the environment variable EBB_ISA names (baseline, avx2, avx512).
/// Chosen once. Throws Error for a name that is none of these, or one that the machine lacks.
Isa chosen_isa();

/// Returns the kernel table of the instruction set in use. A kernel table is a struct of function pointers, with a
/// static member `template <Isa> const Table& on()` that its file under isa/ defines for each instruction set.
template <class Table>
const Table& chosen() {
  static const Table& table = []() -> const Table& {
    switch (chosen_isa()) {
#ifdef EBB_X86_KERNELS
      case Isa::avx512:
        return Table::template on<Isa::avx512>();
      case Isa::avx2:
        return Table::template on<Isa::avx2>();
#endif
      default:
        return Table::template on<Isa::baseline>();
    }
  }();
  return table;
}

}  // namespace ebb::kernels
