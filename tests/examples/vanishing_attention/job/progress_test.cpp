#include <doctest/doctest.h>

#include <algorithm>
#include <job/progress.hpp>
#include <memory>
#include <report/text.hpp>
#include <thread>

using namespace vanishing_attention;

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File temporary_file() { return {std::tmpfile(), std::fclose}; }

std::string content(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  return text;
}

const ProgressState halfway{50, 100, 30.0, "pre-norm, seed 1", 3.25, 0.5};

}  // namespace

TEST_CASE("the progress line tells percent, time left, run, loss and gradient norm") {
  CHECK(progress_line(halfway, 100) ==
        "[############............]  50 %  0:30 left  pre-norm, seed 1  loss 3.250  |g| 5.0e-01");
  CHECK(progress_line({0, 10, 0.0, "", not_measured, not_measured}, 22) == "[......]   0 %  - left");
}

TEST_CASE("the progress line respects the width") {
  for (int columns = 0; columns <= 120; ++columns) {
    CAPTURE(columns);
    CHECK(static_cast<int>(display_columns(progress_line(halfway, columns))) <= columns);
  }
  CHECK(progress_line(halfway, 30).find("50 %") != std::string::npos);
}

TEST_CASE("where there is no terminal, progress from several threads makes a line at once and for each twentieth") {
  const File file = temporary_file();
  {
    Progress progress(1000, false, file.get());
    const auto work = [&](const std::string& variant) {
      for (int step = 0; step < 250; ++step) progress.step(variant, 1, {.step = step, .train_loss = 2.5});
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

TEST_CASE("quiet progress says nothing") {
  const File file = temporary_file();
  Progress progress(1, true, file.get());
  progress.step("a", 1, {});
  progress.say("hello");
  CHECK(content(file.get()).empty());
}
