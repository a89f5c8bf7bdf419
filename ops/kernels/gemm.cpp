#include "gemm.hpp"

#include <algorithm>
#include <type_traits>

#include "../../autograd/array.hpp"
#include "isa/gemm_table.hpp"
#include "isa/isa.hpp"

namespace ebb::kernels {

namespace {

template <class T>
const GemmTable<T>& choose_table() {
  constexpr bool single = std::is_same_v<T, float>;
#ifdef EBB_X86_KERNELS
  if (chosen_isa() == Isa::avx512) {
    if constexpr (single)
      return gemm_float_avx512;
    else
      return gemm_double_avx512;
  }
  if (chosen_isa() == Isa::avx2) {
    if constexpr (single)
      return gemm_float_avx2;
    else
      return gemm_double_avx2;
  }
#endif
  if constexpr (single)
    return gemm_float_baseline;
  else
    return gemm_double_baseline;
}

constexpr Index worth_a_thread = 1 << 18;  // multiplications; starting threads costs about as much as half of them

Index rounded_up(Index n, Index to) { return (n + to - 1) / to * to; }

}  // namespace

template <class T>
void gemm(Index m, Index n, Index k, MatrixView<T> a, MatrixView<T> b, T* c, Index c_row_step, bool accumulate) {
  if (m == 0 || n == 0) return;
  if (k == 0 && !accumulate)
    for (Index i = 0; i < m; ++i) std::fill_n(c + i * c_row_step, n, T{0});
  if (k == 0) return;
  static const GemmTable<T>& kernels = choose_table<T>();
  Array<T> packed(Shape{rounded_up(n, kernels.columns), std::min(k, kernels.depth)});
  T* packed_b = packed.mutable_data();
  const Index blocks = (m + kernels.block_rows - 1) / kernels.block_rows;
  for (Index p = 0; p < k; p += kernels.depth) {
    const Index depth = std::min(kernels.depth, k - p);
    kernels.pack_b(n, depth, {b.data + p * b.row_step, b.row_step, b.column_step}, packed_b);
#pragma omp parallel for schedule(dynamic) if (blocks > 1 && m * n * depth >= 2 * worth_a_thread)
    for (Index block = 0; block < blocks; ++block) {
      Array<T> packed_a(Shape{kernels.rows, depth});
      const Index first = block * kernels.block_rows, rows = std::min(kernels.block_rows, m - first);
      kernels.rows_times_b(rows, n, depth, {a.data + first * a.row_step + p * a.column_step, a.row_step, a.column_step},
                           packed_b, c + first * c_row_step, c_row_step, accumulate || p > 0, packed_a.mutable_data());
    }
  }
}

template void gemm(Index, Index, Index, MatrixView<float>, MatrixView<float>, float*, Index, bool);
template void gemm(Index, Index, Index, MatrixView<double>, MatrixView<double>, double*, Index, bool);

}  // namespace ebb::kernels
