#include "options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <thread>

#include "unfinished.hpp"

namespace vanishing_attention {

namespace {

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const Variant& variant : all_variants()) names.push_back(variant.name);
  return names;
}

/// Splits a list at its commas: "bare, norm" -> {"bare", "norm"}.
std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> names;
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t comma = std::min(list.find(',', from), list.size());
    std::string name = list.substr(from, comma - from);
    name.erase(0, name.find_first_not_of(' '));
    name.erase(name.find_last_not_of(' ') + 1);
    if (name.empty()) throw std::invalid_argument(fmt::format("--variants has an empty name in '{}'", list));
    names.push_back(name);
    from = comma + 1;
  }
  return names;
}

/// Checks what CLI11 does not: words that must be known, and options that must fit together.
void check(const Settings& s) {
  for (const std::string& name : s.variants) {
    (void)find_variant(name);
    if (std::count(s.variants.begin(), s.variants.end(), name) > 1)
      throw std::invalid_argument(fmt::format("--variants names '{}' twice", name));
  }
  if (s.width % s.heads != 0)
    throw std::invalid_argument(
        fmt::format("--width {} is not divisible by --heads {}; the heads share the width equally", s.width, s.heads));
  if (!(s.learning_rate > 0) || !std::isfinite(s.learning_rate))
    throw std::invalid_argument(fmt::format("--learning-rate takes a number above 0, not {}", s.learning_rate));
  if (!s.clip.empty()) (void)parse_clip(s.clip);
  (void)make_optimizer(s.optimizer, {}, s.learning_rate, {});
  (void)parse_init(s.init, s.depth);
}

void declare(CLI::App& app, Settings& s) {
  constexpr int many = 1 << 20;
  // An empty path is more likely a shell variable that was not set than a wish for the default.
  const auto not_empty = [](const std::string& text) { return text.empty() ? "it is empty" : ""; };
  app.add_option("--text", s.text, "Text to learn, UTF-8 or binary (default: the system's licence texts)")
      ->check(not_empty);
  app.add_option_function<std::string>(
      "--variants", [&s](const std::string& list) { s.variants = split(list); },
      fmt::format("Comma-separated, of: {} (default: all)", fmt::join(all_names(), ", ")));
  app.add_option("--depth", s.depth, "Blocks in the stack")->check(CLI::Range(1, many))->capture_default_str();
  app.add_option("--width", s.width, "Features of each character")->check(CLI::Range(1, many))->capture_default_str();
  app.add_option("--heads", s.heads, "Attention heads")->check(CLI::Range(1, many))->capture_default_str();
  app.add_option("--context", s.context, "Characters that a prediction may look at")
      ->check(CLI::Range(1, many))
      ->capture_default_str();
  app.add_option("--batch", s.batch_size, "Passages in a step")->check(CLI::Range(1, many))->capture_default_str();
  app.add_option("--steps", s.steps, "Training steps of each run")->check(CLI::Range(1, many))->capture_default_str();
  app.add_option("--learning-rate", s.learning_rate, "Its peak, after the warm-up")->capture_default_str();
  app.add_option("--optimizer", s.optimizer, "sgd, adam, adamw or rmsprop")->capture_default_str();
  app.add_option("--clip", s.clip, "norm:1.0, value:0.5 or none, for every variant (default: each its own)");
  app.add_option("--init", s.init,
                 "Of the weights: fan-in (uniform within 1/sqrt(fan-in)), xavier-uniform, xavier-normal, "
                 "kaiming-uniform, kaiming-normal, orthogonal, truncated-normal (0.02), or depth-scaled "
                 "(Xavier, the last of each branch by 1/sqrt(2 depth))")
      ->capture_default_str();
  app.add_option("--seeds", s.seeds, "Runs of each variant, from seeds 1, 2, ...")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--threads", s.threads, "How many to use; the results do not depend on it")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--out", s.out, "Folder for tables, pictures and report.html (default: nothing is written)")
      ->check(not_empty);
  app.add_flag("--quiet", s.quiet, "No progress while it runs");
  app.add_flag("--resume", s.resume,
               "Go on with the job in --out that was interrupted or killed, to the same results as if it had not been. "
               "Its settings hold; only --threads, --quiet and the path of the same --text may be others");
}

/// Sets those of the settings that the command line names. Returns false if it asks for the help, which is printed.
bool parse(int argc, const char* const* argv, Settings& settings) {
  CLI::App app{
      "Trains a deep stack of self-attention on a text, bare and with each remedy for vanishing gradients, and shows "
      "side by side where the gradients vanish and what brings them back."};
  declare(app, settings);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& asked) {
    app.exit(asked);
    return false;
  }
  return true;
}

/// Returns the settings of the job that a command line asks to go on with. Throws std::invalid_argument if it
/// contradicts them.
Settings resumed(int argc, const char* const* argv, const std::string& out) {
  if (out.empty()) throw std::invalid_argument("--resume needs --out, the folder of the job that is to go on");
  const Settings saved = unfinished_settings(out);
  Settings asked = saved;
  parse(argc, argv, asked);
  const std::vector<std::string> others = differing_settings(asked, saved);
  if (!others.empty())
    throw std::invalid_argument(
        fmt::format("--resume goes on with the settings of the job in '{}', and these are others: {}; leave them out, "
                    "or begin another job in another folder",
                    out, fmt::join(others, ", ")));
  return asked;
}

}  // namespace

std::optional<Settings> read_command_line(int argc, const char* const* argv) {
  Settings settings;
  settings.variants = all_names();
  settings.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  if (!parse(argc, argv, settings)) return std::nullopt;
  if (settings.resume) settings = resumed(argc, argv, settings.out);
  check(settings);
  return settings;
}

bool is_default(Settings settings) {
  Settings standard;
  standard.variants = all_names();
  standard.threads = settings.threads;
  standard.out = settings.out;
  standard.quiet = settings.quiet;
  standard.resume = settings.resume;
  return settings == standard;
}

}  // namespace vanishing_attention
