#pragma once

#include <doctest/doctest.h>

#include <exception>
#include <string>

namespace ebb_test {

/// Calls `f`, which must throw, and returns the message.
template <class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const std::exception& error) {
    return error.what();
  }
  FAIL("nothing was thrown");
  return {};
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace ebb_test
