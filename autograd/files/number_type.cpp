#include "number_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>
#include <type_traits>
#include <utility>

#include "../base/error.hpp"
#include "../base/type_name.h"
#include "input_file.h"

namespace ebb {

namespace {

struct Boolean {
  std::uint8_t bits;
  operator std::uint8_t() const { return bits != 0; }
};

struct F16 {
  std::uint16_t bits;
  operator float() const {
    const std::uint32_t sign = std::uint32_t{bits} >> 15 << 31, exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
    if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000U | fraction << 13);
    const float magnitude = exponent == 0 ? static_cast<float>(fraction) * 0x1p-24F
                                          : std::bit_cast<float>((exponent + 112) << 23 | fraction << 13);
    return sign != 0 ? -magnitude : magnitude;
  }
};

struct BF16 {
  std::uint16_t bits;
  operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

template <class Number>
struct NumberOf {
  using type = Number;  // of which it is a stored form
};
template <>
struct NumberOf<Boolean> {
  using type = std::uint8_t;
};
template <>
struct NumberOf<F16> {
  using type = float;
};
template <>
struct NumberOf<BF16> {
  using type = float;
};

/// Calls f with a value of the C++ type that the number type is stored as.
template <class F>
auto with_stored(NumberType type, F f) {
  switch (type) {
    case NumberType::boolean:
      return f(Boolean{});
    case NumberType::u8:
      return f(std::uint8_t{});
    case NumberType::i8:
      return f(std::int8_t{});
    case NumberType::u16:
      return f(std::uint16_t{});
    case NumberType::i16:
      return f(std::int16_t{});
    case NumberType::f16:
      return f(F16{});
    case NumberType::bf16:
      return f(BF16{});
    case NumberType::u32:
      return f(std::uint32_t{});
    case NumberType::i32:
      return f(std::int32_t{});
    case NumberType::f32:
      return f(float{});
    case NumberType::u64:
      return f(std::uint64_t{});
    case NumberType::i64:
      return f(std::int64_t{});
    case NumberType::f64:
      break;
  }
  return f(double{});
}

constexpr std::array<std::string_view, 13> names{"BOOL", "U8",  "I8",  "U16", "I16", "F16", "BF16",
                                                 "U32",  "I32", "F32", "U64", "I64", "F64"};

/// Converts x to `y`. Returns false if T has no such number, or to `narrow`, none so near.
template <class T, class Number>
bool convert(Number x, T& y, bool narrow) {
  if constexpr (std::is_integral_v<T> && std::is_integral_v<Number>) {
    y = static_cast<T>(x);
    return std::in_range<T>(x);
  } else if constexpr (std::is_integral_v<T>) {
    static_assert(std::is_same_v<T, std::int32_t>);
    const bool holds = x >= Number{-0x1p31F} && x < Number{0x1p31F} && x == std::trunc(x);
    if (holds) y = static_cast<T>(x);
    return holds;
  } else {
    y = static_cast<T>(x);
    if constexpr (std::is_integral_v<Number>)
      return narrow || static_cast<long double>(y) == static_cast<long double>(x);
    else
      return std::isnan(x) || static_cast<Number>(y) == x || (narrow && !std::isinf(y));
  }
}

template <class Stored>
void reverse_bytes(Stored* numbers, Index count) {
  auto* bytes = reinterpret_cast<unsigned char*>(numbers);
  for (Index i = 0; i < count; ++i, bytes += sizeof(Stored)) std::reverse(bytes, bytes + sizeof(Stored));
}

template <class T, class Stored>
void convert_all(const InputFile& file, std::uint64_t offset, Index count, T* to, ReadOptions options, bool reversed) {
  constexpr Index most = 1 << 16;  // at a time, so that the file may be as large as memory
  const auto piece = std::make_unique<Stored[]>(to_size(std::min(count, most)));
  for (Index done = 0; done < count; done += most) {
    const Index n = std::min(most, count - done);
    file.read(offset + static_cast<std::uint64_t>(done) * sizeof(Stored), piece.get(), to_size(n) * sizeof(Stored));
    if (reversed) reverse_bytes(piece.get(), n);
    for (Index i = 0; i < n; ++i) {
      const typename NumberOf<Stored>::type x = piece[to_size(i)];
      if (!convert(x, to[done + i], options.narrow))
        throw Error(fmt::format("it holds {}, as its element {}, which {} cannot hold{}", x, done + i, type_name<T>,
                                std::is_integral_v<T> ? "; read it as float or double"
                                : std::isinf(to[done + i])
                                    ? "; read it as double"
                                    : " exactly; read it as double, or rounded: {.narrow = true}"));
    }
  }
}

/// The bits of x, a magnitude in units of which `dropped` bits are too many, rounded to the nearest, ties to even.
std::uint32_t rounded(std::uint32_t x, int dropped) {
  return (x + (1U << (dropped - 1)) - 1 + (x >> dropped & 1)) >> dropped;
}

}  // namespace

std::size_t bytes_of(NumberType type) {
  return with_stored(type, [](auto stored) { return sizeof(stored); });
}

std::string_view name_of(NumberType type) { return names[static_cast<std::size_t>(type)]; }

std::optional<NumberType> number_type(std::string_view name) {
  const auto* found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<NumberType>(found - names.begin());
}

template <class T>
void read_numbers(const InputFile& file, std::uint64_t offset, NumberType type, Index count, T* to, ReadOptions options,
                  ByteOrder order) {
  const bool reversed = (order == ByteOrder::little) != (std::endian::native == std::endian::little);
  with_stored(type, [&](auto stored) {
    if constexpr (std::is_same_v<decltype(stored), T>) {
      file.read(offset, to, to_size(count) * sizeof(T));
      if (reversed) reverse_bytes(to, count);
    } else {
      convert_all<T, decltype(stored)>(file, offset, count, to, options, reversed);
    }
  });
}

std::uint16_t to_f16(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x), sign = bits >> 31 << 15, magnitude = bits & 0x7fffffffU;
  const auto half = [&](std::uint32_t rest) { return static_cast<std::uint16_t>(sign | rest); };
  if (magnitude > 0x7f800000U) return half(0x7e00U);                                  // NaN
  if (magnitude >= 0x47800000U) return half(0x7c00U);                                 // 2^16 and more
  if (magnitude < 0x38800000U)                                                        // below 2^-14: subnormal
    return half(static_cast<std::uint32_t>(std::nearbyint(std::fabs(x) * 0x1p24F)));  // exact but for this rounding
  return half(rounded(magnitude - (112U << 23), 13));  // carries into the exponent, and up to infinity
}

std::uint16_t to_bf16(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  if (std::isnan(x)) return static_cast<std::uint16_t>(bits >> 16 | 0x40U);
  return static_cast<std::uint16_t>(rounded(bits, 16));
}

#define EBB_INSTANTIATE(T) \
  template void read_numbers(const InputFile&, std::uint64_t, NumberType, Index, T*, ReadOptions, ByteOrder);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)
EBB_INSTANTIATE(std::int32_t)

}  // namespace ebb
