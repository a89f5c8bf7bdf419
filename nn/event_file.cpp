#include "event_file.h"

#include <array>
#include <bit>

namespace ebb::nn {

namespace {

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t rest = i;
    for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ ((rest & 1) != 0 ? 0x82f63b78U : 0);
    table[i] = rest;
  }
  return table;
}();

template <class Unsigned>
std::string little_endian(Unsigned x) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) bytes += static_cast<char>(x >> 8 * i & 0xff);
  return bytes;
}

/// The checksum of a record's parts, changed so that a checksum of data with checksums in it is as good as any.
std::string masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return little_endian((crc >> 15 | crc << 17) + 0xa282ead8U);
}

std::string record(const std::string& data) {
  const std::string length = little_endian(std::uint64_t{data.size()});
  return length + masked_crc(length) + data + masked_crc(data);
}

// A field of a message is its number and the way that it is written, and its value.
enum class Wire : std::uint64_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

std::string varint(std::uint64_t x) {
  std::string bytes;
  for (; x >= 0x80; x >>= 7) bytes += static_cast<char>((x & 0x7f) | 0x80);
  return bytes + static_cast<char>(x);
}
std::string key(std::uint64_t number, Wire wire) { return varint(number << 3 | static_cast<std::uint64_t>(wire)); }
std::string field(std::uint64_t number, std::string_view bytes) {
  return key(number, Wire::bytes) + varint(bytes.size()) + std::string(bytes);
}
std::string field(std::uint64_t number, double x) {
  return key(number, Wire::fixed64) + little_endian(std::bit_cast<std::uint64_t>(x));
}
std::string field(std::uint64_t number, float x) {
  return key(number, Wire::fixed32) + little_endian(std::bit_cast<std::uint32_t>(x));
}
std::string field(std::uint64_t number, std::int64_t x) {
  return key(number, Wire::varint) + varint(static_cast<std::uint64_t>(x));
}

/// Event: wall_time = 1, step = 2, and one of file_version = 3, summary = 5, session_log = 7.
std::string event(double wall_time, std::int64_t step, const std::string& what) {
  return record(field(1, wall_time) + field(2, step) + what);
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char byte : bytes) crc = crc >> 8 ^ crc_table[(crc ^ static_cast<unsigned char>(byte)) & 0xff];
  return ~crc;
}

std::string first_event(double wall_time) { return event(wall_time, 0, field(3, std::string_view("brain.Event:2"))); }

std::string restart_event(double wall_time, std::int64_t step) {
  constexpr std::int64_t start = 1;  // SessionLog: status = 1
  return event(wall_time, step, field(7, std::string_view(field(1, start))));
}

std::string numbers_event(double wall_time, std::int64_t step,
                          const std::vector<std::pair<std::string, double>>& numbers) {
  std::string values;  // Summary: repeated Value = 1, of tag = 1 and simple_value = 2
  for (const auto& [name, x] : numbers)
    values += field(1, std::string_view(field(1, std::string_view(name)) + field(2, static_cast<float>(x))));
  return event(wall_time, step, field(5, std::string_view(values)));
}

}  // namespace ebb::nn
