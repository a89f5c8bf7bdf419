#include "unfinished.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ebb/autograd/base/error.hpp>
#include <ebb/autograd/files/write_file.hpp>
#include <ebb/nn/training_state.hpp>
#include <fstream>

#include "../report/provenance.hpp"
#include "../report/settings_json.hpp"

namespace vanishing_attention {

namespace fs = std::filesystem;
namespace nn = ebb::nn;
using Json = nlohmann::ordered_json;

namespace {

fs::path folder_in(const std::string& out) { return fs::path(out) / "unfinished"; }
fs::path job_file(const fs::path& folder) { return folder / "job.json"; }

/// Reads a file of JSON; a value that is "discarded" if it is none, or if there is no such file.
Json read_json(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Json::parse(file, nullptr, false);
}

/// Tells if the results in this folder are those of a job that came to its end.
bool holds_finished_job(const std::string& out) {
  const Json run = read_json(fs::path(out) / "run.json");
  return run.is_object() && run.value("interrupted", Json()) == false;
}

/// A setting as an option takes it.
std::string shown(const Json& setting) {
  if (setting.is_array()) return fmt::format("{}", fmt::join(setting.get<std::vector<std::string>>(), ","));
  return setting.is_string() ? fmt::format("'{}'", setting.get<std::string>()) : setting.dump();
}

void write_job(const fs::path& folder, const Settings& settings, const Corpus& corpus) {
  std::error_code failed;
  fs::remove_all(folder, failed);  // whatever is left of a job that was being removed
  if (!failed) fs::create_directories(folder, failed);
  if (failed) throw ebb::Error(fmt::format("cannot make the directory {}: {}", folder.string(), failed.message()));
  const Json job = {{"ebb", provenance().ebb_version}, {"text", fingerprint(corpus)}, {"settings", json_of(settings)}};
  ebb::write_file(job_file(folder).string(), job.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace

UnfinishedJob::UnfinishedJob(const Settings& settings, const Corpus& corpus, int training_per_saving)
    : folder_(settings.out.empty() ? fs::path() : folder_in(settings.out)), training_per_saving_(training_per_saving) {
  if (folder_.empty()) return;
  if (!settings.resume) {
    if (fs::exists(job_file(folder_)))
      throw ebb::Error(
          fmt::format("'{}' holds a job that is not finished; --resume goes on with it, and if you delete '{}', a new "
                      "one can begin",
                      settings.out, folder_.string()));
    write_job(folder_, settings, corpus);
  } else if (read_json(job_file(folder_)).value("text", Json()) != fingerprint(corpus)) {
    throw ebb::Error(fmt::format(
        "the text is not the one that the job in '{}' learns; --text names the place where that is now, and if you "
        "delete '{}', a new job can begin",
        settings.out, folder_.string()));
  }
}

SaveTo UnfinishedJob::save_to(const std::string& variant, std::uint64_t seed) const {
  if (folder_.empty()) return {};
  return {(folder_ / fmt::format("{}-{}.training.safetensors", variant, seed)).string(), training_per_saving_};
}

std::string UnfinishedJob::run_file(const std::string& variant, std::uint64_t seed) const {
  return (folder_ / fmt::format("{}-{}.run.safetensors", variant, seed)).string();
}

void UnfinishedJob::keep(const Run& run) const {
  if (folder_.empty()) return;
  SavedRun saved(run);
  nn::TrainingState state;
  state.add("run", saved);
  nn::save(run_file(run.variant, run.seed), state);
  fs::remove(save_to(run.variant, run.seed).file);
}

std::optional<Run> UnfinishedJob::ended(const std::string& variant, std::uint64_t seed) const {
  if (folder_.empty()) return std::nullopt;
  SavedRun saved;
  nn::TrainingState state;
  state.add("run", saved);
  if (!resume_run(run_file(variant, seed), state)) return std::nullopt;
  return saved.run();
}

void UnfinishedJob::remove() const {
  if (folder_.empty()) return;
  std::error_code ignored;                 // the results are there, whatever stays beside them
  fs::remove(job_file(folder_), ignored);  // first, since without it the others are nothing
  fs::remove_all(folder_, ignored);
}

Settings unfinished_settings(const std::string& out) {
  const fs::path folder = folder_in(out);
  if (!fs::exists(job_file(folder))) {
    if (holds_finished_job(out))
      throw ebb::Error(fmt::format(
          "the job in '{}' is finished, and report.html there shows it; without --resume, a new one begins", out));
    throw ebb::Error(fmt::format(
        "'{}' holds no job to go on with; without --resume, a new one begins there, and can be resumed from then on",
        out));
  }
  const std::string advice = fmt::format("if you delete '{}', a new job can begin", folder.string());
  const Json job = read_json(job_file(folder));
  Settings settings;
  std::string version;
  try {
    job.at("ebb").get_to(version);
    job.at("text").get<std::uint64_t>();
    Settings::visit(settings, [&](const char* name, auto& setting) { job.at("settings").at(name).get_to(setting); });
  } catch (const Json::exception& error) {
    throw ebb::Error(fmt::format("'{}' is damaged ({}); {}", job_file(folder).string(), error.what(), advice));
  }
  if (version != provenance().ebb_version)
    throw ebb::Error(fmt::format("the job in '{}' is one of ebb {}, and this is ebb {}; go on with that version, or {}",
                                 out, version, provenance().ebb_version, advice));
  settings.out = out;
  settings.resume = true;
  return settings;
}

std::vector<std::string> differing_settings(const Settings& asked, const Settings& saved) {
  std::vector<std::string> differing;
  const Json here = json_of(asked), there = json_of(saved);
  for (const auto& [name, setting] : here.items()) {
    if (setting == there[name] || name == "text" || name == "threads" || name == "out" || name == "quiet") continue;
    std::string option = name;
    std::replace(option.begin(), option.end(), '_', '-');
    differing.push_back(fmt::format("--{} {} (there {})", option, shown(setting), shown(there[name])));
  }
  return differing;
}

}  // namespace vanishing_attention
