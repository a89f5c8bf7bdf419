#include "screen.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "detail.hpp"

namespace step {

namespace {

/// Returns a value or a gradient as the list shows it: the number, or its shape or norm.
std::string brief(const Session& session, Index record) {
  const Tensor& value = session.tape()[record].output;
  if (session.forward()) {
    if (!session.made(record)) return {};
    return value.size() == 1 ? number_text(value.to_vector()[0]) : to_string(value.shape());
  }
  const Tensor gradient = session.gradient(record);
  if (!gradient.defined()) return {};
  const std::string text = gradient.size() == 1 ? number_text(gradient.to_vector()[0])
                                                : fmt::format("|{:.3g}|", ebb::norm_of(gradient.value()));
  return text + (session.passed(record) ? "" : "+");
}

constexpr std::size_t number_width = 9;

/// Returns the tape as a list of at most `height` lines, with the current record among them.
std::vector<Line> list_of(const Session& session, std::size_t height) {
  const Tape& tape = session.tape();
  std::size_t names = 4, ops = 2;
  for (Index i = 0; i < tape.size(); ++i) {
    names = std::max(names, session.name(i).size());
    ops = std::max(ops, std::string_view(tape[i].op->name).size());
  }
  const bool forward = session.forward();
  std::vector<Line> lines{{{fmt::format("   # {:<{}} {:<{}} {:>{}}", "name", names, "op", ops,
                                        forward ? "value" : "gradient", number_width),
                            Style::faint}}};
  const Index current = session.record().slot.record, rows = static_cast<Index>(std::max<std::size_t>(height, 2)) - 1;
  const Index first = std::clamp<Index>(current - rows / 2, 0, std::max<Index>(tape.size() - rows, 0));
  for (Index i = first; i < std::min(first + rows, tape.size()); ++i) {
    const bool here = i == current;
    const Style style = here ? Style::strong : session.made(i) ? Style::plain : Style::faint;
    const Style number = here ? Style::strong : forward ? Style::value : Style::gradient;
    lines.push_back(
        {{fmt::format("{}{:>3} {:<{}} {:<{}} ", here ? '>' : ' ', i, session.name(i), names, tape[i].op->name, ops),
          style},
         {fmt::format("{:>{}}", brief(session, i), number_width), number}});
  }
  return lines;
}

/// Returns as much of the details as there is room for. Words and gaps are left out first, then rows of the inputs,
/// then rows of the other tensors.
std::vector<Line> details_that_fit(const Session& session, std::size_t width, std::size_t height) {
  constexpr Amount amounts[] = {
      {},
      {.words = false},
      {.words = false, .gaps = false},
      {.words = false, .input_rows = 1},
      {.words = false, .input_rows = 1, .gaps = false},
      {.words = false, .input_rows = 1, .rows = 3, .gaps = false},
      {.words = false, .input_rows = 1, .rows = 1, .gaps = false},
  };
  std::vector<Line> lines;
  for (const Amount& amount : amounts) {
    lines = details(session, width, amount);
    if (lines.size() <= height) return lines;
  }
  lines.resize(std::max<std::size_t>(height, 1) - 1);
  lines.push_back({{"... (e explains all of it)", Style::faint}});
  return lines;
}

Line heading(const Session& session, std::size_t width) {
  const std::string title = title_of(session), progress = progress_of(session);
  const std::size_t used = title.size() + progress.size();
  return {{title, Style::strong},
          {std::string(used < width ? width - used : 1, ' ')},
          {progress, session.forward() ? Style::value : Style::gradient}};
}

Line rule(std::size_t width) { return {{std::string(width, '-'), Style::faint}}; }

std::vector<Line> cut_to(std::vector<Line> lines, Size size) {
  lines.resize(size.height);
  for (Line& line : lines) line = fitted(std::move(line), size.width);
  return lines;
}

}  // namespace

std::vector<Line> screen_of(const Session& session, const std::string& footer, Size size) {
  std::vector<Line> lines{heading(session, size.width), source_of(session), rule(size.width)};
  std::vector<std::string> memory = wrap(memory_text(session), size.width, 2);
  const std::size_t below = memory.size() + 3;  // with a rule, the keys and the footer
  const std::size_t height = size.height > lines.size() + below ? size.height - lines.size() - below : 1;

  const std::vector<Line> list = list_of(session, height);
  const std::size_t left = width_of(list.front()), gap = 3;
  const std::size_t right = size.width > left + gap + 20 ? size.width - left - gap : 20;
  const std::vector<Line> detail = details_that_fit(session, right, height);
  for (std::size_t i = 0; i < height; ++i) {
    Line line = fitted(i < list.size() ? list[i] : Line(), left);
    line.push_back({" | ", Style::faint});
    if (i < detail.size()) line.insert(line.end(), detail[i].begin(), detail[i].end());
    lines.push_back(std::move(line));
  }
  lines.push_back(rule(size.width));
  for (std::string& text : memory) lines.push_back({{std::move(text)}});
  lines.push_back({{"n next  b back  r run  f finish  v value  g gradient  e explain  ? help  q quit", Style::faint}});
  lines.push_back({{footer}});
  return cut_to(std::move(lines), size);
}

std::vector<Line> screen_of(Scrolled& text, Size size) {
  const std::vector<Line> all = wrapped(text.lines, size.width);
  const std::size_t height = std::max<std::size_t>(size.height, 3) - 2;
  text.top = std::min(text.top, all.size() > height ? all.size() - height : 0);
  const std::size_t end = std::min(text.top + height, all.size());
  std::vector<Line> lines(all.begin() + static_cast<Index>(text.top), all.begin() + static_cast<Index>(end));
  lines.resize(height);
  lines.push_back(rule(size.width));
  const bool whole = all.size() <= height;
  lines.push_back({{whole ? "any key: back to the tape"
                          : fmt::format("lines {} to {} of {}   n, space: on   b: up   q: back to the tape",
                                        text.top + 1, end, all.size()),
                    Style::faint}});
  return cut_to(std::move(lines), size);
}

std::vector<Line> block_of(const Session& session) {
  constexpr std::size_t width = 80;
  std::vector<Line> lines{heading(session, width), source_of(session)};
  for (Line& line : details(session, width - 2)) {
    line.insert(line.begin(), {"  "});
    lines.push_back(std::move(line));
  }
  std::vector<std::string> known;
  for (Index i = 0; i < session.tape().size(); ++i)
    if (const std::string text = brief(session, i); !text.empty())
      known.push_back(fmt::format("{}: {}", session.reference(i), text));
  lines.push_back({});
  for (const std::string& text :
       {fmt::format("{}: {}", session.forward() ? "Values" : "Gradients", fmt::join(known, ", ")),
        memory_text(session)})
    for (std::string& line : wrap(text, width, 2)) lines.push_back({{std::move(line)}});
  return lines;
}

std::vector<Line> wrapped(const std::vector<Line>& lines, std::size_t width) {
  std::vector<Line> narrow;
  for (const Line& line : lines) {
    if (width_of(line) <= width) {
      narrow.push_back(line);
      continue;
    }
    std::string text;
    for (const Span& span : line) text += span.text;
    const std::size_t indent = text.find_first_not_of(' ') + 4;
    for (std::string& part : wrap(text, width, std::min(indent, width / 2)))
      narrow.push_back({{std::move(part), line.front().style}});
  }
  return narrow;
}

}  // namespace step
