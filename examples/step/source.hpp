#pragma once

namespace step {

/// The text of programs.cpp, compiled in, so that the program can show its lines wherever it runs.
extern const char* const source_text;

}  // namespace step
