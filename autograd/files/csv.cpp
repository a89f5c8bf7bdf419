#include "csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>  // fmt::join, since fmt 11

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ostream>
#include <type_traits>

#include "../base/error.hpp"
#include "../base/near_names.h"
#include "../base/type_name.h"
#include "input_file.h"

namespace ebb EBB_PUBLIC {

namespace {

/// Takes cells off the front of a text.
class CellReader {
 public:
  CellReader(std::string_view text, char separator) : rest_(text), separator_(separator) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);  // a byte order mark
  }

  /// True if the next cell is the first of a line. Passes over lines without text.
  bool at_line() {
    if (!line_ended_) return false;
    while (take_line_end()) {
    }
    return true;
  }
  bool at_end() const { return rest_.empty() && line_ended_; }
  std::size_t line() const { return line_; }

  /// Appends the text of the next cell to `to`.
  void read(std::string& to) {
    line_ended_ = false;
    if (rest_.starts_with('"'))
      read_quoted(to);
    else
      read_plain(to);
    if (rest_.starts_with(separator_))
      rest_.remove_prefix(1);
    else
      line_ended_ = rest_.empty() || take_line_end();
    if (!line_ended_ && rest_.empty()) ended_in_separator_ = true;
  }
  /// True once, where the text ends in a separator: an empty cell is left.
  bool take_last_empty_cell() {
    if (!ended_in_separator_) return false;
    ended_in_separator_ = false;
    return line_ended_ = true;
  }

 private:
  bool take_line_end() {
    const bool two = rest_.starts_with("\r\n");
    if (!two && !rest_.starts_with('\n') && !rest_.starts_with('\r')) return false;
    rest_.remove_prefix(two ? 2 : 1);
    ++line_;
    return true;
  }
  void read_plain(std::string& to) {
    const std::size_t end = std::min(rest_.find_first_of(std::string{separator_, '\r', '\n'}), rest_.size());
    to += rest_.substr(0, end);
    rest_.remove_prefix(end);
  }
  void read_quoted(std::string& to) {
    const std::size_t opened = line_;
    rest_.remove_prefix(1);
    for (;;) {
      const std::size_t end = rest_.find('"');
      if (end == std::string_view::npos) throw Error(fmt::format("line {}: a quote is not closed", opened));
      line_ +=
          static_cast<std::size_t>(std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
      to += rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      if (!rest_.starts_with('"')) break;
      to += '"';
      rest_.remove_prefix(1);
    }
    if (!rest_.empty() && !rest_.starts_with(separator_) && !rest_.starts_with('\n') && !rest_.starts_with('\r'))
      throw Error(fmt::format("line {}: after a closing quote comes {}, and not the separator {}", line_,
                              shown(rest_.substr(0, 1)), shown(std::string_view(&separator_, 1))));
  }

  std::string_view rest_;
  char separator_;
  std::size_t line_ = 1;
  bool line_ended_ = true, ended_in_separator_ = false;
};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// The number that the text says, if it says one and nothing else; too small for T, it is 0. Throws Error for one that
/// is too large.
template <class T>
std::optional<T> number(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (!text.starts_with('.') && text.find_first_of("0123456789") != 0) return std::nullopt;
  }
  T x{};
  const char* const stop = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), stop, x);
  if (end != stop || text.empty()) return std::nullopt;
  if constexpr (std::is_floating_point_v<T>) {
    if (error != std::errc::result_out_of_range) return error == std::errc() ? std::optional(x) : std::nullopt;
    const T rough = static_cast<T>(std::strtold(std::string(text).c_str(), nullptr));
    if (rough == 0 || std::isfinite(rough)) return rough;
    throw Error(fmt::format("{} is too large for {}", shown(text), type_name<T>));
  } else {
    return error == std::errc() ? std::optional(x) : std::nullopt;
  }
}

}  // namespace

void Csv::parse(std::string_view text, CsvOptions options) {
  if (options.separator == '"' || options.separator == '\n' || options.separator == '\r')
    throw Error("the separator cannot be a quote or a line end");
  CellReader reader(text, options.separator);
  std::vector<Cell> cells;
  bool is_first = true;
  while (reader.at_line(), !reader.at_end()) {
    const std::size_t line = reader.line();
    cells.clear();
    do {
      const std::size_t begin = text_.size();
      reader.read(text_);
      cells.push_back({begin, text_.size()});
      if (reader.take_last_empty_cell()) cells.push_back({text_.size(), text_.size()});
    } while (!reader.at_line());
    if (is_first) {
      for (std::size_t i = 0; i < cells.size(); ++i)
        columns_.push_back(options.header ? std::string(trimmed(text_of(cells[i]))) : std::to_string(i));
    } else if (cells.size() != columns_.size()) {
      throw Error(fmt::format("line {} has {} cells, and the first line {}: is the separator {}?", line, cells.size(),
                              columns_.size(), shown(std::string_view(&options.separator, 1))));
    }
    if (!is_first || !options.header) {
      cells_.insert(cells_.end(), cells.begin(), cells.end());
      lines_.push_back(line);
    }
    is_first = false;
  }
  if (is_first) throw Error("it is empty");
}

Csv read_csv(const std::string& path, CsvOptions options) {
  try {
    Csv csv;
    csv.path_ = path;
    csv.parse(InputFile(path).text(), options);
    return csv;
  } catch (const Error& error) {
    throw Error(fmt::format("read_csv() cannot read '{}': {}", path, error.what()));
  }
}

std::size_t Csv::column(std::string_view name) const {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  if (found != columns_.end()) {
    if (std::find(found + 1, columns_.end(), name) != columns_.end())
      throw Error(fmt::format("'{}' has two columns named {}", path_, shown(name)));
    return static_cast<std::size_t>(found - columns_.begin());
  }
  throw Error(fmt::format("'{}' has no column {} among its {}{}", path_, shown(name), columns_.size(),
                          near_names(name, {columns_.begin(), columns_.end()})));
}

std::string_view Csv::text(Index row, std::string_view name) const {
  if (row < 0 || row >= rows()) throw Error(fmt::format("'{}' has no row {} among its {}", path_, row, rows()));
  return text_of(cells_[to_size(row) * columns_.size() + column(name)]);
}

template <class T>
Array<T> Csv::numbers(const std::vector<std::string>& names, std::optional<T> missing) const {
  std::vector<std::size_t> wanted;
  for (const std::string& name : names) wanted.push_back(column(name));
  Array<T> x(Shape{rows(), names.size()});
  T* to = x.mutable_data();
  for (std::size_t row = 0; row < lines_.size(); ++row) {
    for (std::size_t i : wanted) {
      const std::string_view cell = trimmed(text_of(cells_[row * columns_.size() + i]));
      const std::optional<T> value = cell.empty() ? missing : number<T>(cell);
      if (!value)
        throw Error(fmt::format(
            "line {} of '{}', column {}: {} is no {}{}", lines_[row], path_, shown(columns_[i]), shown(cell),
            std::is_integral_v<T> ? "integer of 32 bits" : "number",
            cell.empty() ? "; say what stands for a missing one" : "; for a column of texts, see categories()"));
      *to++ = *value;
    }
  }
  return x;
}

Categories Csv::categories(std::string_view name) const {
  const std::size_t i = column(name);
  std::vector<std::string_view> texts;
  for (std::size_t row = 0; row < lines_.size(); ++row)
    texts.push_back(trimmed(text_of(cells_[row * columns_.size() + i])));
  std::vector<std::string_view> sorted = texts;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  Categories result{IntArray(Shape{rows()}), {sorted.begin(), sorted.end()}};
  std::transform(texts.begin(), texts.end(), result.ids.mutable_data(), [&](std::string_view text) {
    return static_cast<std::int32_t>(std::lower_bound(sorted.begin(), sorted.end(), text) - sorted.begin());
  });
  return result;
}

std::string to_string(const Csv& table) {
  return fmt::format("Csv of {} rows: {}", table.rows(), fmt::join(table.columns(), ", "));
}

std::ostream& operator<<(std::ostream& out, const Csv& table) { return out << to_string(table); }

#define EBB_INSTANTIATE(T) template Array<T> Csv::numbers(const std::vector<std::string>&, std::optional<T>) const;
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)
EBB_INSTANTIATE(std::int32_t)

}  // namespace ebb
