#include "random.h"

#include "simd.h"

// Plain loops, which the compiler turns into vectors of this instruction set.
namespace ebb::kernels {

namespace EBB_ISA {
namespace {

constexpr Index counters = 32;  // side by side

/// The words of 32 counters from `first` on, 4 for each: Philox 4x32-10 (Salmon et al. 2011), as random_bits has it.
void random_words(std::uint64_t first, std::uint64_t seed, std::uint64_t stream, std::uint32_t* words) {
  std::uint32_t a[counters], b[counters], c[counters], d[counters];
  for (Index k = 0; k < counters; ++k) {
    const std::uint64_t counter = first + static_cast<std::uint64_t>(k);
    a[k] = static_cast<std::uint32_t>(counter);
    b[k] = static_cast<std::uint32_t>(counter >> 32);
    c[k] = static_cast<std::uint32_t>(stream);
    d[k] = static_cast<std::uint32_t>(stream >> 32);
  }
  auto low_key = static_cast<std::uint32_t>(seed), high_key = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round, low_key += 0x9E3779B9, high_key += 0xBB67AE85)
    for (Index k = 0; k < counters; ++k) {
      const std::uint64_t from_a = std::uint64_t{a[k]} * 0xD2511F53, from_c = std::uint64_t{c[k]} * 0xCD9E8D57;
      a[k] = static_cast<std::uint32_t>(from_c >> 32) ^ b[k] ^ low_key;
      b[k] = static_cast<std::uint32_t>(from_c);
      c[k] = static_cast<std::uint32_t>(from_a >> 32) ^ d[k] ^ high_key;
      d[k] = static_cast<std::uint32_t>(from_a);
    }
  for (Index k = 0; k < counters; ++k) {
    words[4 * k] = a[k];
    words[4 * k + 1] = b[k];
    words[4 * k + 2] = c[k];
    words[4 * k + 3] = d[k];
  }
}

template <class T>
void dropout(Index first, Index n, std::uint64_t seed, std::uint64_t stream, std::uint32_t kept_from, T scale,
             const T* x, T* y) {
  std::uint32_t words[4 * counters];
  for (Index i = 0; i < n; i += 4 * counters) {
    random_words(static_cast<std::uint64_t>((first + i) / 4), seed, stream, words);
    const Index count = n - i < 4 * counters ? n - i : 4 * counters;
    for (Index k = 0; k < count; ++k) {
      const T scaled = x[i + k] * scale;  // in any case, so that the compiler can vectorise the choice
      y[i + k] = words[k] >= kept_from ? scaled : 0;
    }
  }
}

template <class T>
constexpr RandomKernels<T> random_kernels{.dropout = dropout<T>};

}  // namespace
}  // namespace EBB_ISA

EBB_DEFINE_TABLE(RandomKernels, EBB_ISA::random_kernels)

}  // namespace ebb::kernels
