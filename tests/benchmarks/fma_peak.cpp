#include "measure.hpp"

namespace {

/// Twelve chains of x = x a + b, so that none waits for its own last result.
template <class Vector>
[[gnu::always_inline]] inline float run_chains(long steps) {
  Vector x[12], a, b;
  constexpr int lanes = sizeof(Vector) / sizeof(float);
  for (int lane = 0; lane < lanes; ++lane) {
    a[lane] = 0.999F;
    b[lane] = 1e-3F;
    for (int i = 0; i < 12; ++i) x[i][lane] = static_cast<float>(i);
  }
  for (long step = 0; step < steps; ++step)
#pragma GCC unroll 12
    for (int i = 0; i < 12; ++i) x[i] = x[i] * a + b;
  float sum = 0;
  for (int i = 0; i < 12; ++i)
    for (int lane = 0; lane < lanes; ++lane) sum += x[i][lane];
  return sum;
}

using Vector16 = float __attribute__((vector_size(16)));
float baseline(long steps) { return run_chains<Vector16>(steps); }

#ifdef __x86_64__
using Vector32 = float __attribute__((vector_size(32)));
using Vector64 = float __attribute__((vector_size(64)));
[[gnu::target("avx2,fma")]] float avx2(long steps) { return run_chains<Vector32>(steps); }
[[gnu::target("avx512f,avx2,fma")]] float avx512(long steps) { return run_chains<Vector64>(steps); }
#endif

}  // namespace

double fma_gflops(int threads) {
  float (*run)(long) = baseline;
  int lanes = 4;
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f"))
    run = avx512, lanes = 16;
  else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    run = avx2, lanes = 8;
#endif
  constexpr long steps = 1 << 20;
  double sum = 0;
  const double start = now();
#pragma omp parallel for num_threads(threads) reduction(+ : sum)
  for (int i = 0; i < threads; ++i) sum += static_cast<double>(run(steps));
  const double seconds = now() - start;
  if (sum == 0) return 0;  // uses the results, so that the loops cannot be left out
  return 2.0 * 12 * lanes * static_cast<double>(steps * threads) / seconds * 1e-9;
}
