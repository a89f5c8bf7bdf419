#include "evaluate.hpp"

namespace gradbench {

TEST_CASE("gradbench: every message is answered under its id") {
  CHECK(send({{"id", 0}, {"kind", "start"}, {"eval", "hello"}}) == Json{{"id", 0}, {"tool", "ebb"}});
  CHECK(send({{"id", 5}, {"kind", "analysis"}, {"of", 4}, {"valid", true}}) == Json{{"id", 5}});
  CHECK(send({{"id", 6}, {"kind", "end"}}) == Json{{"id", 6}});
}

TEST_CASE("gradbench: a module is defined if there is one of its name") {
  for (const char* name :
       {"ba", "det", "gmm", "hello", "ht", "kmeans", "llsq", "lse", "lstm", "ode", "particle", "saddle"})
    CHECK(send({{"id", 1}, {"kind", "define"}, {"module", name}}) == Json{{"id", 1}, {"success", true}});
  CHECK(send({{"id", 1}, {"kind", "define"}, {"module", "chess"}}) ==
        Json{{"id", 1}, {"success", false}, {"error", "there is no module chess"}});
}

TEST_CASE("gradbench: a function runs as often as it is asked to, and each run is timed") {
  const Json input{{"x", {1.0, 2.0}}, {"min_runs", 3}, {"min_seconds", 0}};
  const Json answer =
      send({{"id", 2}, {"kind", "evaluate"}, {"module", "lse"}, {"function", "primal"}, {"input", input}});
  REQUIRE(answer.at("timings").size() == 3);
  for (const Json& timing : answer.at("timings")) {
    CHECK(timing.at("name") == "evaluate");
    CHECK(timing.at("nanoseconds").is_number_integer());
  }
  const Json once = send({{"id", 2}, {"kind", "evaluate"}, {"module", "hello"}, {"function", "square"}, {"input", 2}});
  CHECK(once.at("timings").size() == 1);
}

TEST_CASE("gradbench: what cannot be evaluated is answered by an error") {
  const auto error_of = [](const char* module, const char* name, const Json& input) {
    const Json answer =
        send({{"id", 3}, {"kind", "evaluate"}, {"module", module}, {"function", name}, {"input", input}});
    CHECK(answer.at("id") == 3);
    CHECK(answer.at("success") == false);
    return answer.at("error").get<std::string>();
  };
  CHECK(error_of("chess", "move", 1) == "there is no module chess");
  CHECK(error_of("hello", "triple", 1) == "module hello has no function triple");
  CHECK(error_of("lse", "primal", Json::object()).find("key 'x' not found") != std::string::npos);
  CHECK(error_of("kmeans", "cost", {{"points", {{1, 2}, {3}}}, {"centroids", {{0, 0}}}}) ==
        "a tensor in JSON of shape [2, 2], going by what comes first, should have 2 elements in all brackets of depth "
        "2");
}

}  // namespace gradbench
