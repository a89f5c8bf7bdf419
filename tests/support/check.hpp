#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <ebb/ebb.hpp>
#include <exception>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace ebb_test {

// A test file says `using namespace ebb_test`, and has the names of ebb and of the tests' helpers.
using namespace ebb;
using doctest::Approx;

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

/// Returns true if `f` gives the same tensor, bit for bit, on one thread and on three.
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

/// The memory that this process takes up now.
inline std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Calls `f`, which must throw an `Exception`, and returns the message. For checks that CHECK_ERROR cannot express.
template <class Exception = ebb::Error, class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Exception& error) {
    return error.what();
  }
  FAIL("what should throw did not");
  return {};
}

/// Checks that `f` throws an `Exception` with all of these texts in its message. CHECK_ERROR and CHECK_EXCEPTION call
/// it.
template <class Exception>
void check_throws(const std::string& expression, const std::function<void()>& f, const std::vector<std::string>& texts,
                  const char* file, int line) {
  if (texts.empty()) FAIL("give a text that the message is to contain");
  std::string message, got = "nothing was thrown";
  bool thrown = false;
  try {
    f();
  } catch (const std::exception& error) {
    message = error.what();
    thrown = dynamic_cast<const Exception*>(&error) != nullptr;
    got = (thrown ? "the message was: " : "an exception of another type was thrown: ") + message;
  }
  for (const std::string& text : texts) {
    if (thrown && contains(message, text)) {
      CHECK(true);  // so that doctest counts it
    } else {
      const std::string failure = expression + "\n  should throw with this in its message: " + text + "\n  but " + got;
      ADD_FAIL_CHECK_AT(file, line, failure);
    }
  }
}

}  // namespace ebb_test

/// Checks that an expression throws ebb::Error, and that its message contains each of the texts (one at least):
/// CHECK_ERROR(log(x), "log: an input is undefined"). An expression with a comma outside parentheses needs a pair more.
#define CHECK_ERROR(expression, ...) EBB_CHECK_THROWS(ebb::Error, expression, __VA_ARGS__)

/// CHECK_ERROR for a program's own errors: any std::exception will do.
#define CHECK_EXCEPTION(expression, ...) EBB_CHECK_THROWS(std::exception, expression, __VA_ARGS__)

#define EBB_CHECK_THROWS(type, expression, ...) \
  ebb_test::check_throws<type>(                 \
      #expression, [&] { static_cast<void>(expression); }, {__VA_ARGS__}, __FILE__, __LINE__)
