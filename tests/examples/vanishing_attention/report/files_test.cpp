#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <report/files.hpp>
#include <sstream>

#include "../synthetic_results.hpp"

using namespace vanishing_attention;

namespace {

void check_columns(const std::string& csv, std::size_t lines, const std::string& header) {
  std::istringstream in(csv);
  std::string line;
  std::getline(in, line);
  CHECK(line == header);
  const auto commas = std::count(header.begin(), header.end(), ',');
  std::size_t count = 0;
  for (; std::getline(in, line); ++count) CHECK(std::count(line.begin(), line.end(), ',') == commas);
  CHECK(count == lines);
}

}  // namespace

TEST_CASE("CSV files have the stated columns, one line for each step or layer, empty fields for what is missing") {
  Results results = ebb_test::synthetic_results();
  std::size_t steps = 0, layers = 0;
  for (const Run& run : results.runs) steps += run.steps.size(), layers += run.gradients.size();
  check_columns(metrics_csv(results), steps,
                "variant,seed,step,train_loss,held_out_loss,gradient_norm,clipped_norm,learning_rate");
  check_columns(gradients_csv(results), layers,
                "variant,seed,step,layer,kind,gradient_norm,activation_norm,update_ratio");
  CHECK(metrics_csv(results).find("\nbare,1,5,,,") != std::string::npos);
  CHECK(gradients_csv(results).find("\nbare,1,0,0,block input,1e-30,1,\n") != std::string::npos);

  results.runs.resize(1);
  results.runs[0].variant = "a \"b\", c";
  CHECK(metrics_csv(results).find("\n\"a \"\"b\"\", c\",1,0,") != std::string::npos);
}

TEST_CASE("run.json parses, with odd names, bytes that are no UTF-8, and null for what was not measured") {
  Results results = ebb_test::synthetic_results();
  results.baselines.bigram = not_measured;
  const auto json = nlohmann::json::parse(run_json(results));
  CHECK(json["text"]["name"] == "L'été \"2024\" <script>alert(1)</script>\xEF\xBF\xBD.txt");
  CHECK(json["settings"]["depth"] == 12);
  CHECK(json["variants"].size() == 9);
  CHECK(json["runs"].size() == 18);
  CHECK(json["runs"][0]["seed"] == 1);
  CHECK(json["verdicts"][2]["holds"] == false);
  CHECK(json["bigram_entropy"].is_null());
  CHECK(json["machine"]["cores"] >= 1);
  CHECK_FALSE(json["ebb"]["version"].get<std::string>().empty());
  CHECK(nlohmann::json::parse(run_json(Results{}))["runs"].empty());
}
