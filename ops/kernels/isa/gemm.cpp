// Compiled once for each instruction set, with EBB_ISA its name.
#include "gemm_kernels.hpp"
#include "gemm_table.hpp"

#define EBB_JOIN_(a, b) a##b
#define EBB_JOIN(a, b) EBB_JOIN_(a, b)

namespace ebb::kernels {

namespace {

namespace isa {
using baseline = xsimd::default_arch;  // of the compiler's flags, which these are for the baseline alone
#ifdef EBB_X86_KERNELS
using avx2 = xsimd::fma3<xsimd::avx2>;
using avx512 = xsimd::avx512f;
#endif
}  // namespace isa

template <class T>
using Kernels = Gemm<isa::EBB_ISA, T>;

template <class T>
constexpr GemmTable<T> table{Kernels<T>::rows,  Kernels<T>::columns, Kernels<T>::block_rows,
                             Kernels<T>::depth, Kernels<T>::pack_b,  Kernels<T>::rows_times_b};

}  // namespace

const GemmTable<float> EBB_JOIN(gemm_float_, EBB_ISA) = table<float>;
const GemmTable<double> EBB_JOIN(gemm_double_, EBB_ISA) = table<double>;

}  // namespace ebb::kernels
