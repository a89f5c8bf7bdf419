#include <algorithm>
#include <memory>
#include <thread>

#include "support/check.hpp"

using namespace ebb_test;
using nn::Progress;
using nn::progress_line;

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File temporary_file() { return {std::tmpfile(), std::fclose}; }

std::string content(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  return text;
}

const nn::ProgressState halfway{50, 100, 0, 30.0, {"pre-norm, seed 1", "loss 3.250", "|g| 5.0e-01"}};

}  // namespace

TEST_CASE("the progress line tells percent, time left and status") {
  CHECK(progress_line(halfway, 100) ==
        "[############............]  50 %  0:30 left  pre-norm, seed 1  loss 3.250  |g| 5.0e-01");
  CHECK(progress_line({0, 10, 0, 0.0, {}}, 22) == "[......]   0 %  - left");
}

TEST_CASE("the progress line respects the width") {
  for (int columns = 0; columns <= 120; ++columns) {
    CAPTURE(columns);
    CHECK(static_cast<int>(progress_line(halfway, columns).size()) <= columns);
  }
  CHECK(progress_line(halfway, 30).find("50 %") != std::string::npos);
}

TEST_CASE("where there is no terminal, progress from several threads makes a line at once and for each twentieth") {
  const File file = temporary_file();
  {
    Progress progress(1000, {.out = file.get()});
    const auto work = [&](const std::string& variant) {
      for (int step = 0; step < 250; ++step) progress.step({variant, "step " + std::to_string(step)});
    };
    std::vector<std::thread> threads;
    for (const char* variant : {"a", "b", "c"}) threads.emplace_back(work, variant);
    for (std::thread& t : threads) t.join();
    progress.skip(250);
  }
  const std::string text = content(file.get());
  CHECK(std::count(text.begin(), text.end(), '\n') ==
        17);  // the first step, fifteen more for what was done, one for what was skipped
  CHECK(text.find("100 %") != std::string::npos);
  CHECK(text.find('\r') == std::string::npos);
  CHECK(text.find('\033') == std::string::npos);
}

TEST_CASE("the time left is that of the steps that this run makes") {
  CHECK(contains(progress_line({60, 100, 50, 30.0, {}}, 40), "60 %  2:00 left"));  // ten steps in thirty seconds
  CHECK(contains(progress_line({50, 100, 50, 0.0, {}}, 40), "50 %  - left"));
  CHECK(contains(progress_line({1, 5001, 0, 1.0, {}}, 40), "1:23:20 left"));
  CHECK_ERROR(Progress(-1), "Progress: 0 of -1 steps done");
}

TEST_CASE("quiet progress says nothing") {
  const File file = temporary_file();
  Progress progress(1, {.quiet = true, .out = file.get()});
  progress.step({"a"});
  progress.say("hello");
  CHECK(content(file.get()).empty());
}
