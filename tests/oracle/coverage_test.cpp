#include <doctest/doctest.h>

#include <ebb/ebb.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "golden.hpp"

// Nothing is left out in silence: what the headers declare has cases, or stands here with its reason.

namespace {

using Names = std::set<std::string>;

/// The names declared in ops/ or nn/ that have no cases.
const Names left_out{
    "dropout",     "Dropout", "uniform", "normal", "uniform_integers",
    "permutation",  // random: two libraries draw different numbers
    "ravel",
    "unravel",     // reshape, concatenate and split, which have cases
    "apply",       // what by_scalars calls
    "by_scalars",  // of any function, held against the operations in scalars_test.cpp
    "BlockNorm",   // a LayerNorm or an RMSNorm, which have cases
};

/// The functions whose declarations start a line of a public header of ops/.
Names declared_functions() {
  Names names;
  for (const auto& entry : std::filesystem::directory_iterator(EBB_SOURCE "/ops")) {
    if (entry.path().extension() != ".hpp") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);)
      for (const std::string result :
           {"Tensor<T> ", "IntArray ", "std::vector<Tensor<T>> ", "TopK<T> ", "LSTMResult<T> ", "LU<T> "})
        if (line.starts_with(result) && line.find('(') != std::string::npos)
          names.insert(line.substr(result.size(), line.find('(') - result.size()));
  }
  return names;
}

/// Structs with a `visit`, and those that have it from one that they are made of, in its place.
Names declared_layers() {
  Names names, bases;
  for (const auto& entry : std::filesystem::directory_iterator(EBB_SOURCE "/nn")) {
    if (entry.path().extension() != ".hpp") continue;
    std::ifstream file(entry.path());
    std::string name;
    for (std::string line; std::getline(file, line);) {
      if (const auto at = line.find(" : "); line.starts_with("struct ") && at != std::string::npos) {
        const std::string base = line.substr(at + 3, line.find('<', at) - at - 3);
        if (names.erase(base) > 0) bases.insert(base);
        if (bases.contains(base)) names.insert(line.substr(7, at - 7));
      }
      if (line.starts_with("struct ")) name = line.substr(7, line.find(' ', 7) - 7);
      if (line.starts_with("  void visit(auto&")) names.insert(name);
    }
  }
  return names;
}

/// The names that have no cases, and no reason for that.
std::string uncovered(const Names& declared) {
  Names cases;
  for (const auto& c : ebb_test::golden_cases()) cases.insert(c.name);
  std::string text;
  for (const std::string& name : declared)
    if (cases.contains(name) == left_out.contains(name))
      text += name + ": cases in a *_cases.py, then make_golden.py. ";
  return text;
}

}  // namespace

TEST_CASE("every function that the headers of ops declare has cases, or a reason to have none") {
  CHECK(declared_functions().size() > 130);
  CHECK(uncovered(declared_functions()) == "");
}

TEST_CASE("every layer of nn has cases, or a reason to have none") {
  CHECK(declared_layers().size() > 10);
  CHECK(uncovered(declared_layers()) == "");
}
