#include "random.h"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "isa/random.h"
#include "parallel.h"

namespace ebb::kernels {

namespace {

/// Uniform in [0, 1), with the 53 bits that a double holds.
double unit(std::uint32_t high, std::uint32_t low) {
  return static_cast<double>(((std::uint64_t{high} << 32) | low) >> 11) * 0x1p-53;
}

/// An integer from 0 to count - 1, at most 2^32: the high part of a 64 x 32-bit product, uniform to one part in 2^32.
std::int64_t below(std::uint64_t count, const std::array<std::uint32_t, 4>& word) {
  return static_cast<std::int64_t>(((std::uint64_t{word[0]} * count) + ((std::uint64_t{word[1]} * count) >> 32)) >> 32);
}

}  // namespace

std::array<std::uint32_t, 4> random_bits(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  const auto word =
      r123::Philox4x32()({{low(counter), high(counter), low(stream), high(stream)}}, {{low(seed), high(seed)}});
  return {word[0], word[1], word[2], word[3]};
}

std::array<std::uint64_t, 2> derived_key(std::uint64_t seed, std::uint64_t stream, Counters counters,
                                         std::uint64_t number) {
  const auto words = random_bits(seed, stream, number | static_cast<std::uint64_t>(counters));
  return {std::uint64_t{words[1]} << 32 | words[0], std::uint64_t{words[3]} << 32 | words[2]};
}

template <class T>
void uniform(Index n, std::uint64_t seed, std::uint64_t stream, double low, double high, T* y) {
  const T largest = std::nextafter(static_cast<T>(high), static_cast<T>(low));  // rounding must not reach `high`
  const auto between = [=](double u) { return std::min(static_cast<T>(low + (high - low) * u), largest); };
  for (Index i = 0; i < n; i += 2) {
    const auto word = random_bits(seed, stream, static_cast<std::uint64_t>(i / 2));
    y[i] = between(unit(word[0], word[1]));
    if (i + 1 < n) y[i + 1] = between(unit(word[2], word[3]));
  }
}

template <class T>
void normal(Index n, std::uint64_t seed, std::uint64_t stream, double mean, double standard_deviation, T* y) {
  for (Index i = 0; i < n; i += 2) {  // Box & Muller 1958: two uniform numbers make two normal ones
    const auto word = random_bits(seed, stream, static_cast<std::uint64_t>(i / 2));
    const double radius = standard_deviation * std::sqrt(-2 * std::log1p(-unit(word[0], word[1])));
    const double angle = 2 * std::numbers::pi * unit(word[2], word[3]);
    y[i] = static_cast<T>(mean + radius * std::cos(angle));
    if (i + 1 < n) y[i + 1] = static_cast<T>(mean + radius * std::sin(angle));
  }
}

void uniform_integers(Index n, std::uint64_t seed, std::uint64_t stream, std::int32_t low, std::int32_t high,
                      std::int32_t* y) {
  const auto count = static_cast<std::uint64_t>(std::int64_t{high} - low);
  for (Index i = 0; i < n; ++i)
    y[i] = static_cast<std::int32_t>(std::int64_t{low} +
                                     below(count, random_bits(seed, stream, static_cast<std::uint64_t>(i))));
}

void permutation(Index n, std::uint64_t seed, std::uint64_t stream, std::int32_t* y) {
  std::iota(y, y + n, 0);
  for (Index i = n - 1; i > 0; --i)  // the place of the last number that has none yet: among all up to it
    std::swap(y[i],
              y[below(static_cast<std::uint64_t>(i) + 1, random_bits(seed, stream, static_cast<std::uint64_t>(i)))]);
}

template <class T>
void dropout(Index n, std::uint64_t seed, std::uint64_t stream, double probability, const T* x, T* y) {
  const auto kept_from = static_cast<std::uint64_t>(std::ldexp(probability, 32));
  if (kept_from >> 32 != 0) {  // nothing is kept
    std::fill_n(y, n, T{0});
    return;
  }
  const T scale = static_cast<T>(1 / (1 - probability));
  const Tiles tiles = element_tiles(n);
  parallel_for(tiles.count(), n, chosen<RandomKernels<T>>().dropout, tiles.starts(), tiles.sizes(), seed, stream,
               static_cast<std::uint32_t>(kept_from), scale, tiles.of(x), tiles.of(y));
}

#define EBB_INSTANTIATE(T)                                                        \
  template void uniform(Index, std::uint64_t, std::uint64_t, double, double, T*); \
  template void normal(Index, std::uint64_t, std::uint64_t, double, double, T*);  \
  template void dropout(Index, std::uint64_t, std::uint64_t, double, const T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
