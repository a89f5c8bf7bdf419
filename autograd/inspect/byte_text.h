#pragma once

#include <fmt/format.h>

#include <string>

#include "../storage/shape.hpp"

namespace ebb {

/// "512 B", "12.0 KiB", "3.5 MiB"
inline std::string byte_text(Index count) {
  if (count < 1024) return fmt::format("{} B", count);
  if (count < 1024 * 1024) return fmt::format("{:.1f} KiB", static_cast<double>(count) / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(count) / (1024 * 1024));
}

}  // namespace ebb
