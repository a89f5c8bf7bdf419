#pragma once

#include <iosfwd>
#include <map>
#include <string>

#include "eval.hpp"

namespace gradbench {

/// The side of GradBench's protocol that a tool has: a message is one line of JSON, and so is its answer.
class Protocol {
 public:
  /// With all evals of evals.hpp.
  Protocol();

  /// What to answer: to "define", whether there is the module; to "evaluate", the function's output and the time of
  /// each of its runs; to any other message, that it was received. An error in a function becomes an answer that says
  /// so.
  Json answer(const Json& message) const;
  /// Answers line by line, until there are no more.
  void serve(std::istream& in, std::ostream& out) const;

 private:
  Json define(const Json& message) const;
  Json evaluate(const Json& message) const;

  std::map<std::string, Eval> evals_;
};

}  // namespace gradbench
