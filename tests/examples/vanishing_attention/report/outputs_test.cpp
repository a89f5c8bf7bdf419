#include <report/outputs.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <ebb/autograd/base/error.hpp>
#include <fstream>
#include <report/gnuplot.hpp>

#include "../environment.hpp"
#include "../synthetic_results.hpp"
#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

Outputs check_outputs(const Results& results) {
  const TemporaryFolder folder;
  const Outputs outputs = write_outputs(results, folder.path + "/made/on the way");
  for (const std::string& name : outputs.files) {
    CAPTURE(name);
    CHECK(std::filesystem::file_size(folder.path + "/made/on the way/" + name) > 50);
  }
  CHECK(outputs.files.back() == "run.json");
  for (const std::string& note : outputs.notes) {
    CAPTURE(note);
    CHECK(note.find("gnuplot failed") == std::string::npos);
  }
  return outputs;
}

bool has(const Outputs& outputs, const std::string& name) {
  return std::find(outputs.files.begin(), outputs.files.end(), name) != outputs.files.end();
}

}  // namespace

TEST_CASE("everything is written") {
  const Outputs outputs = check_outputs(synthetic_results());
  for (const char* name : {"metrics.csv", "gradients.csv", "report.html"}) CHECK(has(outputs, name));
  if (!run_gnuplot("")) return;
  for (const char* name :
       {"curves", "gradients", "overview", "weight_gradients_start", "weight_gradients_end", "attention"}) {
    CHECK(has(outputs, std::string(name) + ".svg"));
    CHECK(has(outputs, std::string(name) + ".png"));
  }
}

TEST_CASE("outputs of an interrupted run, of a single step, and of nothing at all") {
  Results interrupted = synthetic_results();
  interrupted.interrupted = true;
  interrupted.runs.resize(3);
  interrupted.runs[2].finished = false;
  interrupted.runs[2].steps.resize(7);
  interrupted.runs[2].gradients.clear();
  interrupted.runs[2].attention.clear();
  check_outputs(interrupted);

  Results single = synthetic_results();
  single.variants.resize(1);
  single.runs.resize(1);
  single.runs[0].steps.resize(1);
  single.settings.steps = 1;
  single.settings.depth = 1;
  std::erase_if(single.runs[0].gradients, [](const LayerGradient& g) { return g.layer > 0 || g.step > 0; });
  check_outputs(single);

  check_outputs(Results{});
}

TEST_CASE("losses and gradients that are all NaN, zero or infinite still make every file") {
  Results results = synthetic_results();
  const double odd[] = {0, not_measured, std::numeric_limits<double>::infinity(), 1e-310};
  std::size_t i = 0;
  for (Run& run : results.runs) {
    for (LayerGradient& g : run.gradients) g.gradient_norm = odd[i++ % 4];
    for (StepMetrics& s : run.steps) s.train_loss = s.held_out_loss = odd[1 + i++ % 2];
  }
  results.baselines = {};
  check_outputs(results);
}

TEST_CASE("without gnuplot there are no pictures, one note, and everything else") {
  const Environment no_programs("PATH", "/nowhere");
  const Outputs outputs = check_outputs(synthetic_results());
  CHECK(has(outputs, "report.html"));
  CHECK_FALSE(has(outputs, "curves.svg"));
  CHECK(std::count_if(outputs.notes.begin(), outputs.notes.end(), [](const std::string& note) {
          return note == std::string("no pictures: ") + gnuplot_missing;
        }) == 1);
}

TEST_CASE("a directory that cannot be made is a clear error") {
  const TemporaryFolder folder;
  std::ofstream(folder.path + "/file") << "no directory";
  try {
    write_outputs(Results{}, folder.path + "/file/out");
    FAIL("no error");
  } catch (const ebb::Error& error) {
    CHECK(std::string(error.what()).find("cannot make the directory") == 0);
  }
}

TEST_CASE("seeing whether a directory can be written leaves nothing behind") {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  const auto entries = [&] { return std::distance(fs::directory_iterator(folder.path), {}); };
  std::ofstream(folder.path + "/probe") << "the user's";
  fs::create_symlink("nowhere", folder.path + "/link");

  check_writable(folder.path);
  check_writable(folder.path + "/made/on the way");
  CHECK_THROWS_AS(check_writable(folder.path + "/probe"), ebb::Error);
  CHECK_THROWS_AS(check_writable(folder.path + "/probe/out"), ebb::Error);
  CHECK_THROWS_AS(check_writable(folder.path + "/link"), ebb::Error);
  CHECK(entries() == 2);
  CHECK(fs::file_size(folder.path + "/probe") == 10);
  CHECK(fs::is_symlink(folder.path + "/link"));
  CHECK_THROWS_AS(check_writable("/proc"), ebb::Error);
  CHECK_THROWS_AS(check_writable("/proc/out"), ebb::Error);
}

TEST_CASE("a pipe or a folder in the place of a file is refused before the training and after it") {
  for (const char* name : {"run.json", "report.html"}) {
    const TemporaryFolder folder;
    const std::string path = folder.path + "/" + name;
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK_ERROR(check_writable(folder.path), "cannot write '" + path + "': there is something else than a file");
    CHECK_ERROR(write_outputs(Results{}, folder.path), "cannot write '" + path + "': there is something else");
  }
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path + "/metrics.csv");
  CHECK_ERROR(check_writable(folder.path), "there is something else than a file of this name");
}
