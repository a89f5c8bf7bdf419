#pragma once

// Public headers open their namespace as `namespace ebb EBB_PUBLIC {`: what they declare is exported from a shared
// build of the library, and everything else stays hidden (the library is compiled with -fvisibility=hidden).
#if defined(__GNUC__)
#define EBB_PUBLIC __attribute__((visibility("default")))
#else
#define EBB_PUBLIC
#endif
