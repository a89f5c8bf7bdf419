#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../storage/shape.hpp"
#include "read_options.hpp"

namespace ebb {

class InputFile;

/// The types of numbers that files hold.
enum class NumberType { boolean, u8, i8, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64 };

enum class ByteOrder { little, big };

std::size_t bytes_of(NumberType type);
/// The name that safetensors has for the type: "F32".
std::string_view name_of(NumberType type);
/// The type of this name in safetensors, if it is one that is read.
std::optional<NumberType> number_type(std::string_view name);

/// Reads `count` numbers of this type, from `offset` on, as numbers of type T. Throws Error if T cannot hold one of
/// them exactly. To `narrow`, it takes the nearest number of a floating-point T instead, but no infinity for a number.
template <class T>
void read_numbers(const InputFile& file, std::uint64_t offset, NumberType type, Index count, T* to, ReadOptions options,
                  ByteOrder order = ByteOrder::little);

/// The half-precision numbers nearest to x, ties to even (IEEE 754 binary16; bfloat16). What is too large is infinite.
std::uint16_t to_f16(float x);
std::uint16_t to_bf16(float x);

}  // namespace ebb
