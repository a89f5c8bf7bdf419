#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ebb/autograd/base/error.hpp>
#include <sstream>

#include "gnuplot.hpp"
#include "summary.hpp"
#include "text.hpp"

namespace vanishing_attention {

namespace {

constexpr std::size_t table_columns = 80;
constexpr const char *bold = "1", *green = "1;32", *red = "1;31";

std::string paint(const std::string& text, const char* style, bool colour) {
  return colour ? fmt::format("\033[{}m{}\033[0m", style, text) : text;
}

/// Wraps the text into lines of at most 80 columns, the first one indented by `first`, the others by `next`.
std::string wrap(const std::string& text, std::size_t first, std::size_t next) {
  std::istringstream words(text);
  std::string wrapped(first, ' '), word;
  std::size_t column = first;
  bool line_empty = true;
  while (words >> word) {
    const std::size_t size = display_columns(word);
    if (!line_empty && column + 1 + size > table_columns) {
      wrapped += "\n" + std::string(next, ' ');
      column = next;
      line_empty = true;
    }
    if (!line_empty) wrapped += ' ';
    wrapped += word;
    column += size + !line_empty;
    line_empty = false;
  }
  return wrapped;
}

std::string padded_left(const std::string& text, std::size_t columns) {
  return std::string(columns - std::min(columns, display_columns(text)), ' ') + text;
}

struct Row {
  std::vector<std::string> cells;  // the name, then the numbers
  bool diverged = false;           // words take the place of both losses
};

using Widths = std::array<std::size_t, 7>;

/// Columns wide enough for what stands in them, with a gap before each number. The names are cut where the line would
/// not fit otherwise.
Widths widths_of(const std::vector<Row>& rows) {
  constexpr std::size_t shortest_name = 15;
  Widths widths{0, 12, 13, 9, 10, 9, 8};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.cells.size(); ++i)
      widths[i] = std::max(widths[i], display_columns(row.cells[i]) + (i > 0));
  std::size_t numbers = 0;
  for (std::size_t i = 1; i < widths.size(); ++i) numbers += widths[i];
  const std::size_t room = table_columns - std::min(table_columns - shortest_name, numbers);
  widths[0] = std::clamp(widths[0], shortest_name, room);
  return widths;
}

std::string line_of(const Row& row, const Widths& widths) {
  std::string line = fit(row.cells[0], widths[0]);
  for (std::size_t i = 1; i < row.cells.size(); ++i)
    line += row.diverged && i == 2 ? fit(" " + row.cells[i], widths[i]) : padded_left(row.cells[i], widths[i]);
  return line + '\n';
}

Row variant_row(const VariantSummary& s) {
  Row row{{valid_utf8(s.variant.name), loss_text(s.train_loss), loss_text(s.held_out_loss), ratio_text(s.ratio_start),
           ratio_text(s.ratio_end), percent_text(s.clipped_share), count_text(s.tokens_per_second)},
          s.runs > 0 && s.diverged == s.runs};
  if (row.diverged) {
    row.cells[1] = "diverged,";
    row.cells[2] = "step " + steps_text(s.diverged_first, s.diverged_last);
  }
  return row;
}

/// Says why runs of a variant did not finish, once for all of them; empty if all did.
std::string unfinished_lines(const Results& results, const VariantSummary& s) {
  if (s.finished == s.runs) return "";
  std::string how;
  for (const Run& run : results.runs) {
    if (run.variant == s.variant.name && how.empty()) how = run.error.substr(0, run.error.find(':'));
  }
  std::string text = s.variant.name + ":";
  if (s.diverged > 0)
    text += fmt::format(" diverged in {} of {} runs, at step {}: {}", s.diverged, s.runs,
                        steps_text(s.diverged_first, s.diverged_last), how);
  if (const int cut = s.runs - s.finished - s.diverged; cut > 0)
    text += fmt::format("{} interrupted in {} of {} runs", s.diverged > 0 ? ";" : "", cut, s.runs);
  return wrap(text, 0, 4) + "\n";
}

std::string verdict_lines(const Results& results, bool colour) {
  std::string lines;
  int number = 0;
  for (const Verdict& v : results.verdicts) {
    const std::string word = v.holds ? "PASS" : "FAIL";
    const std::string claim = wrap(fmt::format("{} {}. {}", word, ++number, v.claim), 0, 8);
    lines += paint(word, v.holds ? green : red, colour) + claim.substr(word.size()) + "\n";
    lines += wrap(fmt::format("expected {}; observed {}", v.expected, v.observed), 8, 8) + "\n";
  }
  return lines;
}

/// Removes blank lines, and the blanks at the ends of the others.
std::string without_blank_lines(const std::string& text) {
  std::istringstream lines(text);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t last = line.find_last_not_of(" \f");
    if (last != std::string::npos) kept += line.substr(0, last + 1) + "\n";
  }
  return kept;
}

}  // namespace

std::string closing_table(const Results& results, bool colour) {
  constexpr std::size_t headings = 2;
  const std::vector<VariantSummary> summaries = summarise(results);
  std::vector<Row> rows{{{"", "train", "held-out", "gradient", "1st/last", "clipped", "tokens"}},
                        {{"variant", "bits/char", "bits/char", "at start", "at end", "steps", "per s"}}};
  for (const VariantSummary& s : summaries) rows.push_back(variant_row(s));
  rows.push_back({{"unigram entropy", "", loss_text(results.baselines.unigram)}});
  rows.push_back({{"bigram entropy", "", loss_text(results.baselines.bigram)}});
  const Widths widths = widths_of(rows);

  std::string table;
  for (std::size_t i = 0; i < rows.size(); ++i) table += paint(line_of(rows[i], widths), bold, colour && i < headings);
  for (const VariantSummary& s : summaries) table += unfinished_lines(results, s);
  if (!results.verdicts.empty()) table += "\n" + verdict_lines(results, colour);
  return table;
}

std::string closing_chart(const Results& results) {
  std::string data, plots;
  double low = std::fmin(results.baselines.unigram, results.baselines.bigram), high = results.baselines.unigram;
  const auto plot = [&](const std::string& what, char mark, const std::string& title) {
    plots += fmt::format("{}{} pt '{}' title {}", plots.empty() ? "" : ", ", what, mark, gnuplot_string(title));
  };
  char letter = 'a';
  for (const VariantSummary& s : summarise(results)) {
    const Variant& variant = s.variant;
    const Curve curve = held_out_curve(results, variant.name);
    if (curve.x.empty() || (s.runs > 0 && s.diverged == s.runs)) continue;
    if (repeats_base(results, variant)) continue;  // its curve would hide that of its base
    data += fmt::format("${} << END\n", letter);
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      data += fmt::format("{} {}\n", curve.x[i], curve.y[i].mean);
      low = std::fmin(low, curve.y[i].mean);
      high = std::fmax(high, std::min(curve.y[i].mean, highest_shown_loss(results)));
    }
    data += "END\n";
    plot(fmt::format("${} with points", letter), letter, valid_utf8(variant.name));
    ++letter;
  }
  if (plots.empty()) return "no chart: no held-out loss was measured\n";
  if (std::isfinite(results.baselines.unigram))
    plot(fmt::format("{} with points", results.baselines.unigram), '=', "unigram");
  if (std::isfinite(results.baselines.bigram))
    plot(fmt::format("{} with points", results.baselines.bigram), '-', "bigram");
  const std::string script = fmt::format(
      "{}set terminal dumb noenhanced 79 21\nset title 'held-out bits per character'\nset xlabel 'step'\n"
      "set key outside right top Left reverse samplen 1\nset tics nomirror out\nset border 3\n"
      "set samples 60\nset yrange [{}:{}]\nset xrange [0:{}]\nplot {}\n",
      data, std::floor(low * 2) / 2, std::ceil(high * 2 + 0.01) / 2, std::max(1, results.settings.steps), plots);
  try {
    const auto chart = run_gnuplot(script);
    return chart ? without_blank_lines(*chart) : fmt::format("no chart here: {}\n", gnuplot_missing);
  } catch (const ebb::Error& error) {  // the files are still to be written
    return fmt::format("no chart here: {}\n", error.what());
  }
}

}  // namespace vanishing_attention
