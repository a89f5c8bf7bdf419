#pragma once

#include <span>
#include <string>
#include <string_view>

#include "../base/visibility.hpp"

namespace ebb EBB_PUBLIC {

/// Writes a file whole or not at all. The pieces, one behind the other, become its content; if the writing fails, or
/// the machine stops meanwhile, the file that was there before is left as it was. Its permissions are kept, and
/// symbolic links are followed. If the program is killed meanwhile, nothing of the new content stays, where the file
/// system knows files without a name. Anything but a regular file (a pipe), and whatever the program has open
/// (/dev/stdout, wherever that leads), is written into as it is. Throws Error, "cannot write 'path': why; what to do".
void write_file(const std::string& path, std::span<const std::string_view> pieces);
inline void write_file(const std::string& path, std::string_view content) { write_file(path, {&content, 1}); }

}  // namespace ebb
