#pragma once

#include <array>
#include <cstdint>

#include "../storage/shape.hpp"

// Raw loops of ops/random.cpp and ops/dropout.cpp. The number for element i depends on the seed, the stream and i
// alone.
namespace ebb::kernels {

/// Four words of 32 random bits: those that the stream has at `counter` (Philox 4x32-10).
std::array<std::uint32_t, 4> random_bits(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter);

/// The counters from which keys are derived, out of reach of the elements of any tensor: those of Generator and those
/// of Key::child lie apart, so that noise from a child's key is never equal to initial weights.
enum class Counters : std::uint64_t { generator = std::uint64_t{1} << 63, child = std::uint64_t{3} << 62 };
/// The seed and the stream of the key with this number.
std::array<std::uint64_t, 2> derived_key(std::uint64_t seed, std::uint64_t stream, Counters counters,
                                         std::uint64_t number);

template <class T>
void uniform(Index n, std::uint64_t seed, std::uint64_t stream, double low, double high, T* y);
template <class T>
void normal(Index n, std::uint64_t seed, std::uint64_t stream, double mean, double standard_deviation, T* y);
void uniform_integers(Index n, std::uint64_t seed, std::uint64_t stream, std::int32_t low, std::int32_t high,
                      std::int32_t* y);
/// y = the integers below n in random order
void permutation(Index n, std::uint64_t seed, std::uint64_t stream, std::int32_t* y);
/// y = 0 with this probability, else x / (1 - probability).
template <class T>
void dropout(Index n, std::uint64_t seed, std::uint64_t stream, double probability, const T* x, T* y);

}  // namespace ebb::kernels
