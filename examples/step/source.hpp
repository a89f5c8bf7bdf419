#pragma once

namespace step {

/// programs.cpp, put into the program by CMake, so that it shows its lines wherever it runs.
extern const char* const source_text;

}  // namespace step
