#include "random.hpp"

#include <Random123/philox.h>
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "../autograd/error.hpp"

namespace ebb EBB_PUBLIC {

namespace {

/// Four words of 32 random bits: those that the key's stream has at `counter`.
r123::Philox4x32::ctr_type bits(Key key, std::uint64_t counter) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  return r123::Philox4x32()({{low(counter), high(counter), low(key.stream), high(key.stream)}},
                            {{low(key.seed), high(key.seed)}});
}

/// Uniform in [0, 1), with the 53 bits that a double holds.
double unit(std::uint32_t high, std::uint32_t low) {
  return std::ldexp(static_cast<double>(((std::uint64_t{high} << 32) | low) >> 11), -53);
}

}  // namespace

Key Key::child(std::uint64_t number) const {
  // The stream of a child is drawn from a domain of counters that no tensor is large enough to reach.
  const auto words = bits(*this, number | (std::uint64_t{1} << 63));
  return {(std::uint64_t{words[1]} << 32) | words[0], (std::uint64_t{words[3]} << 32) | words[2]};
}

template <class T>
Tensor<T> uniform(const Shape& shape, Key key, double low, double high) {
  if (!(low <= high)) throw Error(fmt::format("uniform(): the bounds [{}, {}) are empty", low, high));
  Array<T> x(shape);
  T* values = x.mutable_data();
  for (Index i = 0, n = x.size(); i < n; i += 2) {
    const auto word = bits(key, static_cast<std::uint64_t>(i / 2));
    values[i] = static_cast<T>(low + (high - low) * unit(word[0], word[1]));
    if (i + 1 < n) values[i + 1] = static_cast<T>(low + (high - low) * unit(word[2], word[3]));
  }
  return x;
}

template <class T>
Tensor<T> normal(const Shape& shape, Key key, double mean, double standard_deviation) {
  Array<T> x(shape);
  T* values = x.mutable_data();
  for (Index i = 0, n = x.size(); i < n; i += 2) {  // Box & Muller 1958: two uniform numbers make two normal ones
    const auto word = bits(key, static_cast<std::uint64_t>(i / 2));
    const double radius = standard_deviation * std::sqrt(-2 * std::log1p(-unit(word[0], word[1])));
    const double angle = 2 * std::numbers::pi * unit(word[2], word[3]);
    values[i] = static_cast<T>(mean + radius * std::cos(angle));
    if (i + 1 < n) values[i + 1] = static_cast<T>(mean + radius * std::sin(angle));
  }
  return x;
}

IntArray uniform_integers(const Shape& shape, Key key, std::int32_t low, std::int32_t high) {
  if (low >= high) throw Error(fmt::format("uniform_integers(): there is no integer in [{}, {})", low, high));
  IntArray x(shape);
  std::int32_t* values = x.mutable_data();
  const auto count = static_cast<std::uint64_t>(std::int64_t{high} - low);
  for (Index i = 0, n = x.size(); i < n; ++i) {
    const auto word = bits(key, static_cast<std::uint64_t>(i));
    // The high part of a 64 x 32-bit product: uniform to one part in 2^32.
    const std::uint64_t product = (std::uint64_t{word[0]} * count) + ((std::uint64_t{word[1]} * count) >> 32);
    values[i] = static_cast<std::int32_t>(std::int64_t{low} + static_cast<std::int64_t>(product >> 32));
  }
  return x;
}

#define EBB_INSTANTIATE(T)                                       \
  template Tensor<T> uniform(const Shape&, Key, double, double); \
  template Tensor<T> normal(const Shape&, Key, double, double);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
