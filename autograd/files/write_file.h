#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ebb {

/// Makes `pieces`, one behind the other, the whole of the file at `path`. A regular file is replaced at once and keeps
/// its permissions: a write that fails, or a machine that does, leaves it as it was. Symbolic links are followed. What
/// is no regular file (a pipe), or open already (/dev/stdout, wherever it leads), is written into. Throws Error,
/// "cannot write 'path': why; what to do".
void write_file(const std::string& path, std::span<const std::string_view> pieces);
inline void write_file(const std::string& path, std::string_view content) { write_file(path, {&content, 1}); }

}  // namespace ebb
