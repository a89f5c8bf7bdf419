#include <cmath>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;

namespace {

Csv csv(const std::string& text, CsvOptions options = {}) {
  const TemporaryFolder folder;
  write_text(folder.path + "/x.csv", text);
  return read_csv(folder.path + "/x.csv", options);
}

}  // namespace

TEST_CASE("columns of a CSV file are numbers or categories, as asked") {
  const Csv table = csv("width, height,species\n1,2.5,setosa\n-3e2,+4,versicolor\n5,0.1,setosa\n");
  CHECK(table.columns() == std::vector<std::string>{"width", "height", "species"});
  CHECK(table.rows() == 3);
  const Array<double> x = table.numbers<double>({"height", "width"});
  CHECK(x.shape() == Shape{3, 2});
  CHECK(x.to_vector() == std::vector<double>{2.5, 1, 4, -300, 0.1, 5});
  CHECK(table.numbers<float>({"height"}).to_vector() == std::vector<float>{2.5F, 4, 0.1F});
  const auto [ids, names] = table.categories("species");
  CHECK(ids.to_vector() == std::vector<std::int32_t>{0, 1, 0});
  CHECK(names == std::vector<std::string>{"setosa", "versicolor"});
  CHECK(table.text(1, "species") == "versicolor");
}

TEST_CASE("quoted cells hold separators, line ends and quotes") {
  const Csv table = csv("a;b\r\n\"x;y\";\"say \"\"hello\"\"\"\r\n\"two\nlines\";\r\n", {.separator = ';'});
  CHECK(table.rows() == 2);
  CHECK(table.text(0, "a") == "x;y");
  CHECK(table.text(0, "b") == "say \"hello\"");
  CHECK(table.text(1, "a") == "two\nlines");
  CHECK(table.text(1, "b").empty());
}

TEST_CASE("a file may lack a header and the last line end, and have blank lines and a byte order mark") {
  const Csv table =
      csv("\xef\xbb\xbf"
          "1,2\n\n\n3,4",
          {.header = false});
  CHECK(table.columns() == std::vector<std::string>{"0", "1"});
  CHECK(table.numbers<std::int32_t>().to_vector() == std::vector<std::int32_t>{1, 2, 3, 4});
  CHECK(csv("a,b\n1,").text(0, "b").empty());
  CHECK(csv("a,b\n").rows() == 0);
  CHECK(csv("a,b\n").numbers<float>().shape() == Shape{0, 2});
}

TEST_CASE("an empty cell becomes what stands for it") {
  const Csv table = csv("a,b\n1,\n, 2 \n");
  CHECK_ERROR(table.numbers<float>(), "line 2 of '", "column \"b\": \"\" is no number; say what stands");
  const auto filled = table.numbers<double>({"a", "b"}, -1).to_vector();
  CHECK(filled == std::vector<double>{1, -1, -1, 2});
  CHECK(std::isnan(table.numbers<float>(NAN).at({0, 1})));
}

TEST_CASE("what is no number, no row or no column is named with its place") {
  const Csv table = csv("length,name\n1,ann\n\n2.5,bob\n");
  CHECK_ERROR(table.numbers<float>({"name"}), "line 2 of '",
              "column \"name\": \"ann\" is no number; for a column of texts");
  CHECK_ERROR(table.numbers<std::int32_t>({"length"}), "line 4 of '", "\"2.5\" is no integer of 32 bits");
  CHECK_ERROR(table.numbers<float>({"lenght"}), "has no column \"lenght\" among its 2; there are length");
  CHECK_ERROR(table.text(2, "name"), "has no row 2 among its 2");
  CHECK_ERROR(csv("a,a\n1,2\n").numbers<float>(), "has two columns named \"a\"");
  CHECK_ERROR(csv("a\n1x\n").numbers<double>(), "\"1x\" is no number");
  CHECK_ERROR(csv("a\n0x10\n").numbers<double>(), "is no number");
  CHECK_ERROR(csv("a\n3000000000\n").numbers<std::int32_t>(), "is no integer of 32 bits");
}

TEST_CASE("numbers beyond the type's range: the small ones are 0, the large ones an error") {
  const Csv table = csv("x\n1e-50\n-1e-400\n1e39\n");
  CHECK(table.numbers<double>().at({0, 0}) == 1e-50);
  CHECK(table.numbers<double>().at({1, 0}) == 0);
  CHECK_ERROR(table.numbers<float>(), "\"1e39\" is too large for float");
  CHECK(csv("x\n1e-50\n").numbers<float>().item() == 0);
  CHECK_ERROR(csv("x\n1e400\n").numbers<double>(), "\"1e400\" is too large for double");
  CHECK_ERROR(csv("x\n+-5\n").numbers<float>(), "\"+-5\" is no number");
  CHECK(csv("x\n+.5\n").numbers<float>().item() == 0.5F);
}

TEST_CASE("a file that is no table is refused, with the line") {
  CHECK_ERROR(csv("a,b\n1,2\n3\n"), "read_csv() cannot read '", "line 3 has 1 cells, and the first line 2",
              "is the separator \",\"?");
  CHECK_ERROR(csv("a\n\"open\n1\n"), "line 2: a quote is not closed");
  CHECK_ERROR(csv("a,b\n\"x\"y,2\n"), "line 2: after a closing quote comes \"y\"");
  CHECK_ERROR(csv(""), "it is empty");
  CHECK_ERROR(csv("\n\n"), "it is empty");
  CHECK_ERROR(csv("a\n", {.separator = '"'}), "the separator cannot be");
  CHECK_ERROR(read_csv("/none/x.csv"), "read_csv() cannot read '/none/x.csv': No such file");
}

TEST_CASE("a table prints its size and columns") {
  const TemporaryFolder folder;
  write_text(folder.path + "/x.csv", "length,kind\n1.5,a\n2,b\n");
  CHECK(to_string(ebb::read_csv(folder.path + "/x.csv")) == "Csv of 2 rows: length, kind");
}
