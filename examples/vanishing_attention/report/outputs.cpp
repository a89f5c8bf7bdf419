#include "outputs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ebb/autograd/base/error.hpp>
#include <ebb/autograd/files/write_file.hpp>

#include "files.hpp"
#include "gnuplot.hpp"
#include "page.hpp"
#include "pictures.hpp"

namespace vanishing_attention {

namespace {

constexpr const char *metrics_file = "metrics.csv", *gradients_file = "gradients.csv", *page_file = "report.html",
                     *run_file = "run.json";

/// Renders every picture. If gnuplot is not installed, there is one note and no picture.
std::vector<RenderedPicture> render(const Results& results, std::vector<std::string>& notes) {
  std::vector<RenderedPicture> rendered;
  for (const Picture& picture : pictures(results)) {
    try {
      RenderedPicture r{picture, render_svg(picture), render_png(picture)};
      if (r.svg.empty() || r.png.empty()) {
        notes.push_back(fmt::format("no pictures: {}", gnuplot_missing));
        return {};
      }
      rendered.push_back(std::move(r));
    } catch (const ebb::Error& error) {
      notes.push_back(fmt::format("no picture {}: {}", picture.name, error.what()));
    }
  }
  return rendered;
}

/// Throws ebb::Error if something other than a regular file has this name. Into a pipe that nobody reads, the job would
/// write for ever.
void check_no_obstacle(const std::filesystem::path& path) {
  if (std::filesystem::exists(path) && !std::filesystem::is_regular_file(path))
    throw ebb::Error(fmt::format("cannot write '{}': there is something else than a file of this name", path.string()));
}

}  // namespace

void check_writable(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::vector<fs::path> missing;  // from the innermost outwards
  for (fs::path path = fs::absolute(folder).lexically_normal(); !fs::exists(fs::symlink_status(path));
       path = path.parent_path())
    missing.push_back(path);

  std::error_code failed;
  fs::create_directories(folder, failed);
  std::string probe = (folder / "probe-XXXXXX").string();
  const int file = failed ? -1 : ::mkstemp(probe.data());
  const std::string why = failed ? failed.message() : std::strerror(errno);
  if (file >= 0) {
    ::close(file);
    ::unlink(probe.c_str());
  }
  std::error_code ignored;
  for (const fs::path& made : missing) fs::remove(made, ignored);

  if (failed) throw ebb::Error(fmt::format("cannot make the directory {}: {}", folder.string(), why));
  if (file < 0) throw ebb::Error(fmt::format("cannot write in the directory {}: {}", folder.string(), why));
  for (const char* name : {metrics_file, gradients_file, page_file, run_file}) check_no_obstacle(folder / name);
}

Outputs write_outputs(const Results& results, const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) throw ebb::Error(fmt::format("cannot make the directory {}: {}", folder.string(), failed.message()));

  Outputs outputs;
  const auto write = [&](const std::string& name, const std::string& content) {
    check_no_obstacle(folder / name);
    ebb::write_file((folder / name).string(), content);
    outputs.files.push_back(name);
  };
  write(metrics_file, metrics_csv(results));
  write(gradients_file, gradients_csv(results));
  const std::vector<RenderedPicture> rendered = render(results, outputs.notes);
  for (const RenderedPicture& r : rendered) {
    write(r.picture.name + ".svg", r.svg);
    write(r.picture.name + ".png", r.png);
  }
  const std::string chart_js = find_chart_js();
  if (chart_js.empty())
    outputs.notes.push_back(fmt::format("report.html without interactive charts: {}", chart_js_missing));
  write(page_file, report_page(results, rendered, chart_js));
  write(run_file, run_json(results));
  return outputs;
}

}  // namespace vanishing_attention
