#pragma once

#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <utility>

/// The numbers that a work takes, each with a value unless the command line gives another: "T=1024". What is 0 usually
/// is a switch; all others are at least 1.
class Arguments {
 public:
  /// Throws std::invalid_argument, naming what the work takes, for an argument that it does not know or cannot read.
  Arguments(const std::string& work, std::span<char*> given, std::initializer_list<std::pair<const char*, long>> known);

  long operator[](const std::string& name) const { return values_.at(name); }

 private:
  std::map<std::string, long> values_;
};
