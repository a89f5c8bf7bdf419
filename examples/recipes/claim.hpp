#pragma once

#include <cstdio>
#include <cstdlib>

/// Says what a recipe shows, and ends the program with exit code 1 where that does not hold.
inline void claim(bool holds, const char* sentence) {
  std::printf("%s: %s\n", holds ? "so it is" : "IT IS NOT SO", sentence);
  if (!holds) std::exit(1);
}
