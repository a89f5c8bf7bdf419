#pragma once

#if __cplusplus < 202002L
#error "ebb needs C++20: compile with -std=c++20, or set_property(TARGET ... PROPERTY CXX_STANDARD 20)"
#include "no file: compilers stop here, before a hundred errors that follow from this one"
#endif

// Public headers open their namespace as `namespace ebb EBB_PUBLIC {`: what they declare is exported from a shared
// build of the library, and everything else stays hidden (the library is compiled with -fvisibility=hidden).
#if defined(__GNUC__)
#define EBB_PUBLIC __attribute__((visibility("default")))
#else
#define EBB_PUBLIC
#endif
