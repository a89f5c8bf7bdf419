#pragma once

#include <ebb/ebb.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ebb_test {

/// The results of PyTorch for one call: the value, then the gradients with respect to each input, then the second
/// derivatives: those of sum_i (gradient i . direction i), with respect to each input and to the cotangent.
struct Case {
  std::string name;           // of ebb's function or layer
  nlohmann::json attributes;  // the arguments that are not differentiable
  bool differentiable;        // else there is a value alone
  std::vector<ebb::Array<double>> inputs, directions;
  ebb::Array<double> cotangent;
  std::vector<ebb::Array<double>> expected;
  std::vector<ebb::Array<double>> sizes;  // of the rounding errors of `expected` to be expected, in units of epsilon
};

/// All cases of tests/oracle/golden/, as make_golden.py drew them.
const std::vector<Case>& golden_cases();

/// A file of tests/oracle/golden/.
std::string golden_file(const std::string& name);

}  // namespace ebb_test
