#include "protocol.hpp"

#include <istream>
#include <ostream>

#include "evals.hpp"

namespace gradbench {
namespace {

Json failure(const std::string& error) { return {{"success", false}, {"error", error}}; }

}  // namespace

Runs runs_of(const Json& input) {
  if (!input.is_object()) return {};
  return {.count = input.value("min_runs", 1), .seconds = input.value("min_seconds", 0.0)};
}

Protocol::Protocol() {
  for (Eval& eval :
       std::vector{ba(), det(), gmm(), hello(), ht(), kmeans(), llsq(), lse(), lstm(), ode(), particle(), saddle()})
    evals_.emplace(eval.name, eval);
}

Json Protocol::define(const Json& message) const {
  const auto module = message.at("module").get<std::string>();
  if (!evals_.contains(module)) return failure("there is no module " + module);
  return {{"success", true}};
}

Json Protocol::evaluate(const Json& message) const try {
  const auto module = message.at("module").get<std::string>(), name = message.at("function").get<std::string>();
  const auto eval = evals_.find(module);
  if (eval == evals_.end()) return failure("there is no module " + module);
  const auto function = eval->second.functions.find(name);
  if (function == eval->second.functions.end()) return failure("module " + module + " has no function " + name);

  const Outcome outcome = function->second(message.at("input"));
  Json timings = Json::array();
  for (const auto& run : outcome.runs) timings.push_back({{"name", "evaluate"}, {"nanoseconds", run.count()}});
  return {{"success", true}, {"output", outcome.output}, {"timings", timings}};
} catch (const std::exception& error) {
  return failure(error.what());
}

Json Protocol::answer(const Json& message) const {
  const Json& kind = message.at("kind");
  Json answer = Json::object();
  if (kind == "start") answer["tool"] = "ebb";
  if (kind == "define") answer = define(message);
  if (kind == "evaluate") answer = evaluate(message);
  answer["id"] = message.at("id");
  return answer;
}

void Protocol::serve(std::istream& in, std::ostream& out) const {
  for (std::string line; std::getline(in, line);) out << answer(Json::parse(line)) << std::endl;
}

}  // namespace gradbench
