#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../base/visibility.hpp"
#include "../storage/array.hpp"

namespace ebb EBB_PUBLIC {

struct CsvOptions {
  char separator = ',';  ///< A semicolon or a tab in many files.
  bool header = true;    ///< The first line names the columns; else they are called "0", "1", ...
};

/// A column of texts as numbers: the place of each text in the sorted list of those that occur.
struct Categories {
  IntArray ids;  // [rows]
  std::vector<std::string> names;
};

/// A table of texts, read from a file of comma-separated values (RFC 4180: cells may be quoted, and then hold
/// separators, line ends and doubled quotes). Lines without any text are passed over. The decimal separator is a point,
/// whatever the locale.
///
///     const auto flowers = ebb::read_csv("iris.csv");
///     const ebb::Tensor<float> x = flowers.numbers<float>({"petal_length", "petal_width"});  // [150, 2]
///     const auto [labels, species] = flowers.categories("species");
class Csv {
 public:
  const std::vector<std::string>& columns() const { return columns_; }
  Index rows() const { return static_cast<Index>(cells_.size() / columns_.size()); }

  /// The text of a cell. Throws Error for a row or a column that is not there.
  std::string_view text(Index row, std::string_view column) const;
  /// These columns as numbers of type T (float, double or std::int32_t): [rows, columns]. An empty cell becomes
  /// `missing`, if that is given. Throws Error for a cell that is no number, naming its line.
  template <class T>
  Array<T> numbers(const std::vector<std::string>& columns, std::optional<T> missing = {}) const;
  /// All columns as numbers.
  template <class T>
  Array<T> numbers(std::optional<T> missing = {}) const {
    return numbers<T>(columns_, missing);
  }
  Categories categories(std::string_view column) const;

 private:
  friend Csv read_csv(const std::string& path, CsvOptions options);
  /// A cell: where its text ends in text_, and begins where the one before ends.
  struct Cell {
    std::size_t begin, end;
  };

  Csv() = default;
  void parse(std::string_view text, CsvOptions options);
  std::size_t column(std::string_view name) const;
  std::string_view text_of(const Cell& cell) const {
    return std::string_view(text_).substr(cell.begin, cell.end - cell.begin);
  }

  std::string path_, text_;  // the text of all cells, without quotes
  std::vector<std::string> columns_;
  std::vector<Cell> cells_;
  std::vector<std::size_t> lines_;  // of each row, counted from 1
};

/// Reads a file of comma-separated values. Throws Error if there is none, if a line has more or fewer cells than the
/// first, or if a quote is not closed.
Csv read_csv(const std::string& path, CsvOptions options = {});

/// "Csv of 150 rows: petal_length, petal_width, species"
std::string to_string(const Csv& table);
std::ostream& operator<<(std::ostream& out, const Csv& table);

}  // namespace ebb
