#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The records of TensorBoard's event files: a record is its length, data, and a checksum of each (TFRecord); the data
// is a message `Event` of protocol buffers (tensorflow/core/util/event.proto).
namespace ebb::nn {

/// CRC-32C (Castagnoli), as in RFC 3720, appendix B.4.
std::uint32_t crc32c(std::string_view bytes);

/// The record that begins a file, and those that say that later steps of earlier files do not count.
std::string first_event(double wall_time);
std::string restart_event(double wall_time, std::int64_t step);
/// A step's numbers by name.
std::string numbers_event(double wall_time, std::int64_t step,
                          const std::vector<std::pair<std::string, double>>& numbers);

}  // namespace ebb::nn
