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

/// Equal to this number, which is not 0, but for rounding in double: relatively, where doctest's own Approx is absolute
/// for numbers below one.
inline doctest::Approx close_to(double number) { return doctest::Approx(number).epsilon(1e-12).scale(0); }

/// Checks the elements, in row-major order, against these numbers of about size one.
inline void check_values(const ebb::Tensor<double>& got, const std::vector<double>& expected) {
  REQUIRE(got.size() == static_cast<ebb::Index>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(got.data()[i] == doctest::Approx(expected[i]).epsilon(1e-12));
}

/// Whether `f` gives the same tensor, bit for bit, on one thread and on three.
template <class F>
bool same_on_any_number_of_threads(F f) {
  const int before = ebb::threads();
  ebb::set_threads(1);
  const auto one = f().to_vector();
  ebb::set_threads(3);
  const auto three = f().to_vector();
  ebb::set_threads(before);
  return one == three;
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
