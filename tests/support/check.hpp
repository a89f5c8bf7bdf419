#pragma once

#include <doctest/doctest.h>

#include <ebb/ebb.hpp>
#include <string>
#include <vector>

namespace ebb_test {

using Values = std::vector<ebb::Tensor<double>>;

/// Checks the derivatives of `f` to second order, and shows what gradcheck says if they are wrong.
inline void check_gradients(const ebb::Function& f, const Values& inputs, ebb::GradcheckOptions options = {}) {
  const ebb::GradcheckReport report = ebb::gradcheck(f, inputs, options);
  CHECK_MESSAGE(report.passed, report.message);
}

/// Calls `f`, which must throw ebb::Error, and returns the message.
template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const ebb::Error& error) {
    return error.what();
  }
  FAIL("no ebb::Error was thrown");
  return {};
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace ebb_test
