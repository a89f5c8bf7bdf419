#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <ebb/autograd/base/error.hpp>
#include <files.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "environment.hpp"
#include "synthetic_results.hpp"

using namespace vanishing_attention;
using ebb_test::TemporaryDirectory;

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

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

/// While it lives, no file can grow past so many bytes: like a disk that fills up.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  void (*handler_)(int);
  rlimit old_{};
};

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

TEST_CASE("a file that cannot be written whole leaves the old one, and nothing under a temporary name") {
  const TemporaryDirectory directory;
  const auto path = directory.path / "metrics.csv";
  write_file(path, "old");
  std::string message;
  {
    const SmallDisk full(10);
    try {
      write_file(path, std::string(1000, 'x'));
    } catch (const ebb::Error& error) {
      message = error.what();
    }
  }
  CHECK(message == "cannot write " + path.string() + ": File too large");
  CHECK(read(path) == "old");
  const auto files = std::filesystem::directory_iterator(directory.path);
  CHECK(std::distance(begin(files), end(files)) == 1);
  write_file(path, "new");
  CHECK(read(path) == "new");
}

TEST_CASE("writing into a directory that is not there is a clear error") {
  CHECK_THROWS_WITH_AS(write_file("/nowhere/at/all.csv", ""),
                       "cannot write /nowhere/at/all.csv: No such file or directory", ebb::Error);
}
