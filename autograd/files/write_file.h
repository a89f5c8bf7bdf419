#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ebb {

/// Writes `pieces`, one behind the other, as the whole content of the file at `path`. A regular file is replaced in one
/// step and keeps its permissions: if the write fails, or the machine stops, the old file is still there. Symbolic
/// links are followed. A file that is not regular (a pipe), or is open already (as /dev/stdout is), is written into.
/// Throws Error, "cannot write 'path': why; what to do".
void write_file(const std::string& path, std::span<const std::string_view> pieces);
inline void write_file(const std::string& path, std::string_view content) { write_file(path, {&content, 1}); }

}  // namespace ebb
