#pragma once

namespace ebb::kernels {

/// The instruction sets that some kernels are compiled for, each in object files of its own.
enum class Isa { baseline, avx2, avx512 };

/// The best one that this machine has, or the one that the environment variable EBB_ISA names (baseline, avx2, avx512).
/// Chosen once. Throws Error for a name that is none of these, or one that the machine lacks.
Isa chosen_isa();

}  // namespace ebb::kernels
