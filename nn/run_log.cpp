#include "run_log.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>

#include "../autograd/base/error.hpp"
#include "../autograd/files/input_file.h"
#include "../autograd/files/write_file.hpp"
#include "event_file.h"

namespace ebb {
namespace nn EBB_PUBLIC {

namespace {

namespace fs = std::filesystem;

/// A file that takes text at its end, which is in the file when `append` returns.
class AppendedFile {
 public:
  explicit AppendedFile(std::string path) : path_(std::move(path)), file_(std::fopen(path_.c_str(), "ab")) {
    if (file_ == nullptr) fail();
  }
  ~AppendedFile() { std::fclose(file_); }
  AppendedFile(const AppendedFile&) = delete;
  AppendedFile& operator=(const AppendedFile&) = delete;

  void append(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size() || std::fflush(file_) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(fmt::format("RunLog: cannot write '{}': {}", path_, std::generic_category().message(errno)));
  }

  std::string path_;
  std::FILE* file_;
};

std::string quoted(const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw Error(fmt::format("RunLog: the name {} is no UTF-8", shown(text)));
  }
}

/// A cell of a CSV file: in quotes if it needs them.
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string doubled;
  for (const char c : text) doubled += c == '"' ? "\"\"" : std::string{c};
  return '"' + doubled + '"';
}

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::string text_of(const std::string& path) { return fs::exists(path) ? InputFile(path).text() : std::string(); }

std::vector<std::string_view> whole_lines(std::string_view text) {
  std::vector<std::string_view> lines;  // without one that a killed run left unfinished
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

/// The step that a line says behind this prefix.
std::optional<Index> step_of(std::string_view line, std::string_view prefix) {
  Index step = 0;
  if (!line.starts_with(prefix)) return std::nullopt;
  line.remove_prefix(prefix.size());
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), step);
  if (error != std::errc() || end == line.data() + line.size() || *end != ',') return std::nullopt;
  return step;
}

/// What a log had, and what of it stays.
struct Earlier {
  std::string all, kept;
  std::string header;  // of the columns that stay; empty if no row does
  bool has_rows = false;
};

/// Reads a log whose rows begin with `prefix` and the step. A CSV file has a header before them. Rows of the first step
/// and of later ones are not kept. Throws Error for what is no log.
Earlier read_earlier(const std::string& path, bool has_header, std::string_view prefix, Index first_step) {
  try {
    Earlier earlier{text_of(path), {}, {}};
    std::string header, rows;
    std::size_t number = 0;
    for (const std::string_view line : whole_lines(earlier.all)) {
      if (++number == 1 && has_header) {
        if (!line.starts_with("step,")) throw Error("its first column is not the step");
        header = line;
        continue;
      }
      const std::optional<Index> step = step_of(line, prefix);
      if (!step) throw Error(fmt::format("its line {} is none of a log", number));
      earlier.has_rows = true;
      if (*step < first_step) (rows += line) += '\n';
    }
    if (rows.empty()) return earlier;
    earlier.header = header;
    earlier.kept = (has_header ? header + '\n' : "") + rows;
    return earlier;
  } catch (const Error& error) {
    throw Error(fmt::format("RunLog: cannot go on with '{}': {}", path, error.what()));
  }
}

void keep(const std::string& path, const Earlier& earlier) {
  if (earlier.kept != earlier.all) write_file(path, earlier.kept);
}

}  // namespace

class RunLog::Files {
 public:
  Files(const std::string& folder, RunLogOptions options) : last_step_(options.first_step.value_or(0) - 1) {
    const std::string csv = folder + "/metrics.csv", lines = folder + "/metrics.jsonl";
    const Index first = options.first_step.value_or(0);
    // Both are read before either is changed.
    const Earlier rows = read_earlier(csv, true, "", first), objects = read_earlier(lines, false, R"({"step":)", first);
    if (!options.first_step && (rows.has_rows || objects.has_rows))
      throw Error(fmt::format(
          "RunLog: '{}' holds a log; to go on with it, say {{.first_step = ...}}, and to start anew, 0", folder));
    keep(csv, rows);
    keep(lines, objects);
    header_ = rows.header;
    csv_.emplace(csv);
    lines_.emplace(lines);
    if (!options.tensorboard) return;
    const double time = now();
    events_.emplace(fmt::format("{}/events.out.tfevents.{:.6f}.ebb", folder, time));
    events_->append(first_event(time));
    if (options.first_step) events_->append(restart_event(time, first));
  }

  void write(Index step, const Numbers& numbers) {
    std::string header = "step", row = std::to_string(step), object = fmt::format(R"({{"step":{},)", step);
    std::set<std::string_view> names;
    if (numbers.empty()) throw Error(fmt::format("RunLog: there is no number to log of step {}", step));
    for (const auto& [name, x] : numbers) {
      if (name.empty() || name == "step" || name.find_first_of("\r\n") != std::string::npos ||
          !names.insert(name).second)
        throw Error(fmt::format("RunLog: {} cannot name a number, or names two", shown(name)));
      header += "," + cell(name);
      row += fmt::format(",{}", x);
      object += fmt::format("{}:{},", quoted(name), std::isfinite(x) ? fmt::format("{}", x) : "null");
    }
    object.back() = '}';
    check(step, header);
    last_step_ = step;  // first: what cannot be written whole is not written twice
    if (header_.empty()) csv_->append(header + '\n');
    header_ = header;
    csv_->append(row + '\n');
    lines_->append(object + '\n');
    if (events_) events_->append(numbers_event(now(), step, numbers));
  }

 private:
  void check(Index step, const std::string& header) const {
    if (step <= last_step_)
      throw Error(
          fmt::format("RunLog: step {} does not come after {}; a training that goes back says {{.first_step = {}}}",
                      step, last_step_, step));
    if (!header_.empty() && header != header_)
      throw Error(fmt::format("RunLog: the columns are {}, and were {}: log the same numbers in each step",
                              shown(header), shown(header_)));
  }

  std::string header_;  // of metrics.csv; empty until there is one
  Index last_step_;
  std::optional<AppendedFile> csv_, lines_, events_;
};

RunLog::RunLog(const std::string& folder, RunLogOptions options) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(fmt::format("RunLog: cannot make the folder '{}': {}", folder, error.message()));
  if (options.first_step.value_or(0) < 0) throw Error(fmt::format("RunLog: there is no step {}", *options.first_step));
  files_ = std::make_unique<Files>(folder, options);
}
RunLog::RunLog(RunLog&&) noexcept = default;
RunLog& RunLog::operator=(RunLog&&) noexcept = default;
RunLog::~RunLog() = default;

void RunLog::write(Index step, const Numbers& numbers) {
  if (files_ == nullptr) throw Error("RunLog: it was moved from");
  files_->write(step, numbers);
}

}  // namespace nn
}  // namespace ebb
