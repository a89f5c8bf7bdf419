#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "json_tensors.hpp"

namespace gradbench {

/// What a function of an eval gave, and how long each of its runs took.
struct Outcome {
  Json output;
  std::vector<std::chrono::nanoseconds> runs;
};

/// A function of an eval, from JSON to JSON.
using Function = std::function<Outcome(const Json& input)>;

/// One of the suite's programs: its functions by name.
struct Eval {
  std::string name;
  std::map<std::string, Function> functions;
};

/// How often to run a function: this many times, and until that takes this long.
struct Runs {
  int count = 1;
  double seconds = 0;
};
/// What the fields `min_runs` and `min_seconds` of an input say, if it has any.
Runs runs_of(const Json& input);

/// A function of an eval, made of one of C++. Only this is timed: to read an `Input` and to write the result is not.
template <class Input, class Compute>
Function function(Compute compute) {
  return [compute](const Json& given) {
    using Clock = std::chrono::steady_clock;
    const auto input = given.get<Input>();
    const Runs asked = runs_of(given);
    Outcome outcome;
    for (double seconds = 0;
         outcome.runs.empty() || static_cast<int>(outcome.runs.size()) < asked.count || seconds < asked.seconds;) {
      const auto start = Clock::now();
      const auto result = compute(input);
      const auto end = Clock::now();
      outcome.runs.push_back(end - start);
      seconds += std::chrono::duration<double>(end - start).count();
      if (outcome.runs.size() == 1) outcome.output = result;
    }
    return outcome;
  };
}

}  // namespace gradbench
