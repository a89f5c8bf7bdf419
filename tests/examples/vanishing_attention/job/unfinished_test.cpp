#include <job/unfinished.hpp>

#include <filesystem>
#include <job/train_all.hpp>

#include "../run_numbers.hpp"
#include "../tiny_job.hpp"
#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

/// A job in a folder of its own.
struct Job {
  TemporaryFolder folder;
  Settings settings = tiny_settings();
  std::string kept = folder.path + "/unfinished";
  Job() { settings.out = folder.path; }
  UnfinishedJob begin() const { return {settings, tiny_corpus()}; }
  UnfinishedJob resume(const Corpus& corpus = tiny_corpus()) const {
    return {unfinished_settings(folder.path), corpus};
  }
  std::string job_file() const { return kept + "/job.json"; }
};

Run some_run() {
  Run run;
  run.variant = "bare", run.seed = 1, run.finished = true;
  run.steps = {{.step = 0, .train_loss = 123}};
  return run;
}

/// Replaces a text that occurs in a file.
void replace_in(const std::string& path, const std::string& from, const std::string& to) {
  std::string text = text_of(path);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  write_text(path, text.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE("the settings of an unfinished job are those that it began with") {
  Job job;
  job.settings.clip = "norm:0.5", job.settings.learning_rate = 0.1, job.settings.text = "a \"text\"";
  job.begin();
  Settings expected = job.settings;
  expected.resume = true;
  CHECK(unfinished_settings(job.folder.path) == expected);
}

TEST_CASE("a folder without an unfinished job is refused, with what to do instead") {
  const Job job;
  CHECK_ERROR(unfinished_settings(job.folder.path), "holds no job to go on with; without --resume, a new one begins");
  CHECK_ERROR(unfinished_settings(job.folder.path + "/missing"), "holds no job to go on with");
}

TEST_CASE("a finished job is said to be one") {
  const Job job;
  const UnfinishedJob begun = job.begin();
  write_text(job.folder.path + "/run.json", "{\"interrupted\": false}");
  CHECK(unfinished_settings(job.folder.path).resume);  // its results may be those of an earlier job
  begun.remove();
  CHECK(job.folder.names() == std::set<std::string>{"run.json"});
  CHECK_ERROR(unfinished_settings(job.folder.path), "is finished, and report.html there shows it");
  write_text(job.folder.path + "/run.json", "{\"interrupted\": true}");
  CHECK_ERROR(unfinished_settings(job.folder.path), "holds no job to go on with");
}

TEST_CASE("a job of another version is refused, and the message says what to do") {
  const Job job;
  job.begin();
  replace_in(job.job_file(), "\"ebb\": \"", "\"ebb\": \"99.");
  CHECK_ERROR(unfinished_settings(job.folder.path), "is one of ebb 99.", "if you delete '" + job.kept + "'");
}

TEST_CASE("a damaged list of settings is refused, and the message says what to do") {
  const Job job;
  job.begin();
  const std::string whole = text_of(job.job_file());
  for (const std::string& damaged : {std::string(), whole.substr(0, whole.size() / 2), std::string("[]")}) {
    write_text(job.job_file(), damaged);
    CHECK_ERROR(unfinished_settings(job.folder.path), "job.json' is damaged", "if you delete '" + job.kept + "'");
  }
  write_text(job.job_file(), whole);
  replace_in(job.job_file(), "\"depth\": 2", "\"depth\": \"2\"");
  CHECK_ERROR(unfinished_settings(job.folder.path), "job.json' is damaged");
}

TEST_CASE("a text that has changed is refused") {
  const Job job;
  job.begin();
  Corpus other = tiny_corpus();
  other.held_out.back() = 0;
  CHECK_ERROR(job.resume(other), "the text is not the one that the job in '" + job.folder.path + "' learns");
  job.resume();
}

TEST_CASE("a new job puts no end to an unfinished one") {
  const Job job;
  job.begin().keep(some_run());
  CHECK_ERROR(job.begin(), "holds a job that is not finished; --resume goes on with it", "delete '" + job.kept + "'");
  CHECK(job.resume().ended("bare", 1));
}

TEST_CASE("a new job takes nothing from one that was not removed wholly") {
  const Job job;
  job.begin().keep(some_run());
  std::filesystem::remove(job.job_file());
  CHECK_FALSE(job.begin().ended("bare", 1));
}

TEST_CASE("a run that ended is kept in place of its training") {
  const Job job;
  const UnfinishedJob unfinished = job.begin();
  const std::string training = unfinished.save_to("bare", 1).file;
  write_text(training, "a training");
  unfinished.keep(some_run());
  CHECK_FALSE(std::filesystem::exists(training));
  CHECK(numbers({job.resume().ended("bare", 1).value()}) == numbers({some_run()}));
  CHECK_FALSE(job.resume().ended("bare", 2));
  CHECK_FALSE(job.resume().ended("norm", 1));
}

TEST_CASE("a run that ended and was damaged is refused, and the message says what to do") {
  const Job job;
  job.begin().keep(some_run());
  write_text(job.kept + "/bare-1.run.safetensors", "damaged");
  CHECK_ERROR(job.resume().ended("bare", 1), "bare-1.run.safetensors'", "delete this file, and its run begins anew");
  CHECK_ERROR(train_all(job.settings, tiny_corpus(), job.resume()), "delete this file, and its run begins anew");
}

TEST_CASE("a job without a folder keeps nothing") {
  const UnfinishedJob nothing(tiny_settings(), tiny_corpus());
  CHECK(nothing.save_to("bare", 1).file.empty());
  nothing.keep(some_run());
  CHECK_FALSE(nothing.ended("bare", 1));
  nothing.remove();
}

TEST_CASE("runs that ended are not trained again, and those that did not are") {
  Job job;
  const std::vector<Run> whole = train_all(job.settings, tiny_corpus());
  job.begin().keep(some_run());
  std::vector<Run> runs = train_all(job.settings, tiny_corpus(), job.resume());
  REQUIRE(runs.size() == whole.size());
  CHECK(numbers({runs[0]}) == numbers({some_run()}));
  runs[0] = whole[0];
  CHECK(numbers(runs) == numbers(whole));
  CHECK(numbers({job.resume().ended("post-norm", 2).value()}) == numbers({whole[7]}));  // they were kept in turn
}

TEST_CASE("the time of runs side by side is a share of their sum") {
  std::vector<Run> runs(3);
  for (Run& run : runs) run.seconds = 2;
  Settings settings = tiny_settings();
  CHECK(seconds_of(runs, settings) == 6);
  settings.threads = 2;
  CHECK(seconds_of(runs, settings) == 3);
  settings.threads = 8;
  CHECK(seconds_of(runs, settings) == 2);
  CHECK(seconds_of({}, settings) == 0);
}
