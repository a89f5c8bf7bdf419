#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "protocol.hpp"

// Evals as GradBench sees them: through lines of JSON.
namespace gradbench {

/// The answer to one message.
inline Json send(const Json& message) {
  std::istringstream in(message.dump() + "\n");
  std::ostringstream out;
  static const Protocol protocol;
  protocol.serve(in, out);
  return Json::parse(out.str());
}

/// The output of a function.
inline Json evaluate(const std::string& module, const std::string& name, const Json& input) {
  const Json answer = send({{"id", 1}, {"kind", "evaluate"}, {"module", module}, {"function", name}, {"input", input}});
  INFO(answer.dump());
  REQUIRE(answer.at("success") == true);
  return answer.at("output");
}

/// All numbers in it, from the first to the last.
inline std::vector<double> numbers_in(const Json& json) {
  if (json.is_number()) return {json.get<double>()};
  std::vector<double> numbers;
  for (const Json& part : json)
    for (double number : numbers_in(part)) numbers.push_back(number);
  return numbers;
}

/// Finds the same to `tolerance`, relative to whichever is greater of 1 and the number.
inline void check_close(const Json& got, const std::vector<double>& expected, double tolerance = 1e-12) {
  const std::vector<double> numbers = numbers_in(got);
  REQUIRE(numbers.size() == expected.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    CAPTURE(i);
    CAPTURE(numbers[i]);
    CAPTURE(expected[i]);
    CHECK(std::abs(numbers[i] - expected[i]) <= tolerance * std::max(1.0, std::abs(expected[i])));
  }
}

inline void collect(Json& json, std::vector<Json*>& numbers) {
  if (json.is_number()) return numbers.push_back(&json);
  for (Json& part : json) collect(part, numbers);
}

/// The derivatives of all numbers in the output with respect to each number in these fields of the input, by central
/// differences: a column for each number of the input.
inline std::vector<std::vector<double>> differences(const std::string& module, const std::string& name, Json input,
                                                    const std::vector<std::string>& fields) {
  constexpr double h = 1e-5;
  std::vector<Json*> of_input;
  for (const std::string& field : fields) collect(input.at(field), of_input);
  std::vector<std::vector<double>> columns;
  for (Json* number : of_input) {
    const double x = number->get<double>();
    *number = x + h;
    std::vector<double> column = numbers_in(evaluate(module, name, input));
    *number = x - h;
    const std::vector<double> below = numbers_in(evaluate(module, name, input));
    *number = x;
    for (std::size_t i = 0; i < column.size(); ++i) column[i] = (column[i] - below[i]) / (2 * h);
    columns.push_back(column);
  }
  return columns;
}

/// As `differences`, of a function that gives one number.
inline std::vector<double> gradient_by_differences(const std::string& module, const std::string& name,
                                                   const Json& input, const std::vector<std::string>& fields) {
  std::vector<double> gradient;
  for (const auto& column : differences(module, name, input, fields)) gradient.push_back(column.at(0));
  return gradient;
}

constexpr double by_differences = 1e-7;  // what a derivative by central differences is good for

}  // namespace gradbench
