#include <job/options.hpp>

#include <experiment/variants.hpp>
#include <iostream>
#include <job/unfinished.hpp>
#include <sstream>

#include "../tiny_job.hpp"
#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

using Words = std::vector<const char*>;

std::optional<Settings> read(Words words) {
  words.insert(words.begin(), "vanishing_attention");
  return read_command_line(static_cast<int>(words.size()), words.data());
}

}  // namespace

TEST_CASE("without options, everything has its default") {
  const Settings settings = read({}).value();
  CHECK(settings.variants.size() == all_variants().size());
  CHECK(settings.depth == 12);
  CHECK(settings.text.empty());
  CHECK(settings.out.empty());
  CHECK(settings.threads >= 1);
  CHECK(is_default(settings));
}

TEST_CASE("what does not bear on the results leaves the settings default ones") {
  CHECK(is_default(read({"--threads", "7", "--out", "results", "--quiet"}).value()));
  for (const Words& words : {Words{"--depth", "11"}, Words{"--variants", "bare"}, Words{"--text", "file"},
                             Words{"--clip", "none"}, Words{"--seeds", "2"}, Words{"--learning-rate", "0.1"}}) {
    CAPTURE(words[0]);
    CHECK_FALSE(is_default(read(words).value()));
  }
}

TEST_CASE("every option is read") {
  const Settings got =
      read({"--text",  "novel",      "--variants",      "norm,bare", "--depth",     "3",    "--width", "10",
            "--heads", "5",          "--context",       "6",         "--batch",     "7",    "--steps", "8",
            "--seeds", "9",          "--learning-rate", "1e-3",      "--optimizer", "adam", "--clip",  "value:2",
            "--init",  "orthogonal", "--threads",       "4",         "--out",       "dir",  "--quiet"})
          .value();
  Settings expected;
  expected.text = "novel", expected.variants = {"norm", "bare"};
  expected.depth = 3, expected.width = 10, expected.heads = 5, expected.context = 6, expected.batch_size = 7;
  expected.steps = 8, expected.seeds = 9, expected.learning_rate = 1e-3, expected.optimizer = "adam";
  expected.clip = "value:2", expected.init = "orthogonal", expected.threads = 4, expected.out = "dir";
  expected.quiet = true;
  CHECK(got == expected);
}

TEST_CASE("variants are separated by commas, and blanks around them do not matter") {
  using Names = std::vector<std::string>;
  CHECK(read({"--variants", "bare"})->variants == Names{"bare"});
  CHECK(read({"--variants", " bare, pre-norm ,norm"})->variants == Names{"bare", "pre-norm", "norm"});
  CHECK_EXCEPTION(read({"--variants", "bare,norm,bare"}), "--variants names 'bare' twice");
  CHECK_EXCEPTION(read({"--variants", "bare,Norm"}), "there is no variant 'Norm'; there is bare, ");
  for (const char* list : {"", " ", ",", "bare,", ",bare", "bare,,norm", "bare, ,norm"}) {
    CAPTURE(list);
    CHECK_EXCEPTION(read({"--variants", list}), "--variants has an empty name in '" + std::string(list) + "'");
  }
  CHECK_EXCEPTION(read({"--variants", "bare", "norm"}), "norm");
}

TEST_CASE("numbers out of range and words that are none are refused, and the option is named") {
  for (const char* option :
       {"--depth", "--width", "--heads", "--context", "--batch", "--steps", "--seeds", "--threads"})
    for (const char* value : {"0", "-1", "abc", "1.5", "", "99999999999999999999"}) {
      CAPTURE(option);
      CAPTURE(value);
      CHECK_EXCEPTION(read({option, value}), option);
    }
  for (const char* value : {"0", "-0.1", "nan", "inf", "fast", ""}) {
    CAPTURE(value);
    const std::string message = error_of<std::exception>([&] { read({"--learning-rate", value}); });
    CHECK(contains(message, "--learning-rate"));
    CHECK(message.size() < 100);
  }
}

TEST_CASE("a width that the heads cannot share is refused") {
  CHECK_EXCEPTION(read({"--width", "30", "--heads", "4"}), "--width 30 is not divisible by --heads 4");
  CHECK_EXCEPTION(read({"--heads", "64"}), "--width 32 is not divisible by --heads 64");
}

TEST_CASE("unknown options, repeated ones and ones without a value are refused") {
  CHECK_EXCEPTION(read({"--detph", "3"}), "--detph");
  CHECK_EXCEPTION(read({"novel.txt"}), "novel.txt");
  CHECK_EXCEPTION(read({"--depth", "1", "--depth", "2"}), "--depth");
  CHECK_EXCEPTION(read({"--depth"}), "--depth");
  CHECK_EXCEPTION(read({"--text", ""}), "--text");
  CHECK_EXCEPTION(read({"--out", ""}), "--out");
  CHECK_EXCEPTION(read({"--clip", "1"}), "--clip takes");
  CHECK_EXCEPTION(read({"--init", "zero"}), "there is no initialisation 'zero'");
  CHECK_EXCEPTION(read({"--optimizer", "lion"}), "there is no optimizer 'lion'");
}

TEST_CASE("a job that is resumed has its own settings, but for what the results do not depend on") {
  const TemporaryFolder folder;
  const char* out = folder.path.c_str();
  const Words words{"--text", "old", "--depth", "3", "--variants", "bare", "--threads", "3", "--out", out};
  const Settings begun = read(words).value();
  const UnfinishedJob job(begun, tiny_corpus());

  Settings expected = begun;
  expected.resume = true;
  CHECK(read({"--resume", "--out", out}).value() == expected);
  CHECK(read({"--resume", "--out", out, "--depth", "3", "--seeds", "6"}).value() == expected);
  expected.text = "new", expected.threads = 1, expected.quiet = true;
  CHECK(read({"--resume", "--out", out, "--text", "new", "--threads", "1", "--quiet"}).value() == expected);
}

TEST_CASE("options that contradict the job that is resumed are refused, and named") {
  const TemporaryFolder folder;
  const char* out = folder.path.c_str();
  const UnfinishedJob job(read({"--depth", "3", "--out", out}).value(), tiny_corpus());
  const std::string message = error_of<std::exception>([&] {
    read({"--resume", "--out", out, "--depth", "12", "--learning-rate", "0.5", "--variants", "norm,bare", "--heads",
          "4"});
  });
  CHECK(contains(message, "--depth 12 (there 3), --learning-rate 0.5 (there 0.2)"));
  CHECK(contains(message, "--variants norm,bare (there bare,"));
  CHECK_FALSE(contains(message, "--heads"));
}

TEST_CASE("resuming a job takes the folder that it is in") {
  CHECK_EXCEPTION(read({"--resume"}), "--resume needs --out");
}

TEST_CASE("a job that is resumed has default settings if it began with them") {
  Settings settings = read({}).value();
  settings.resume = true;
  CHECK(is_default(settings));
}

TEST_CASE("help lists every option, and asks for nothing to run") {
  std::ostringstream printed;
  std::streambuf* const terminal = std::cout.rdbuf(printed.rdbuf());
  const std::optional<Settings> settings = read({"--help"});
  std::cout.rdbuf(terminal);
  CHECK_FALSE(settings);
  for (const char* option :
       {"--text", "--variants", "--depth", "--width", "--heads", "--context", "--batch", "--steps", "--learning-rate",
        "--optimizer", "--clip", "--init", "--seeds", "--threads", "--out", "--quiet", "--resume"}) {
    CAPTURE(option);
    CHECK(contains(printed.str(), option));
  }
}
