#pragma once

#include <array>
#include <cstdint>

#include "../storage/shape.hpp"

// Raw loops of ops/random.cpp and ops/dropout.cpp. The number for element i depends on the seed, the stream and i
// alone.
namespace ebb::kernels {

/// Four words of 32 random bits: those that the stream has at `counter` (Philox 4x32-10).
std::array<std::uint32_t, 4> random_bits(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter);

template <class T>
void uniform(Index n, std::uint64_t seed, std::uint64_t stream, double low, double high, T* y);
template <class T>
void normal(Index n, std::uint64_t seed, std::uint64_t stream, double mean, double standard_deviation, T* y);
void uniform_integers(Index n, std::uint64_t seed, std::uint64_t stream, std::int32_t low, std::int32_t high,
                      std::int32_t* y);
/// y = 0 with this probability, else x / (1 - probability).
template <class T>
void dropout(Index n, std::uint64_t seed, std::uint64_t stream, double probability, const T* x, T* y);

}  // namespace ebb::kernels
