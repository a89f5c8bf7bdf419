#include <sys/stat.h>
#include <unistd.h>

#include <clocale>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <limits>
#include <locale>
#include <nlohmann/json.hpp>
#include <set>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using nlohmann::json;

namespace {

/// A path in the temporary folder, and no file there before and after.
struct TemporaryFile {
  explicit TemporaryFile(const std::string& name)
      : path((std::filesystem::temp_directory_path() / ("ebb_" + std::to_string(::getpid()) + name)).string()) {}
  ~TemporaryFile() { std::filesystem::remove(path); }
  std::string text() const { return text_of(path); }
  const std::string path;
};

std::string data_text(const std::string& page) {
  const std::string marker = "id=\"tape-data\">";
  const std::size_t start = page.find(marker);
  REQUIRE(start != std::string::npos);
  const std::size_t end = page.find("</script>", start);
  return page.substr(start + marker.size(), end - start - marker.size());
}

/// The data in the page of a tape.
template <class T>
json data_of(const Tape<T>& tape, const std::string& name) {
  const TemporaryFile file(name);
  ebb::write_html(tape, file.path);
  return json::parse(data_text(file.text()));
}

// y = 3 a, with a formula of its own      da = 3 dy
const ebb::Op<double> triple_op{
    "triple",
    [](ebb::Record<double>& r, ebb::Inputs<double> x) {
      r.cache(ebb::Array<double>({3}, 1));
      ebb::Array<double> y(x[0].shape());
      for (Index i = 0; i < y.size(); ++i) y.mutable_data()[i] = 3 * x[0].data()[i];
      return y;
    },
    [](const ebb::Record<double>&, const Tensor<double>& dy, ebb::Adjoints<double>& d) { d.add(0, dy * 3); },
    {.value = "y = 3 a", .derivatives = {"da = 3 dy"}, .words = "Three times as much."}};

Tensor<double> triple(const Tensor<double>& a) { return apply(triple_op, {&a}, {}, ebb::SourceLocation::current()); }

}  // namespace

TEST_CASE("a page tells of each record its operation, scope, line, shape and inputs") {
  const ebb::Parameter<float> w(ebb::ones<float>({3}).value(), "w");
  Tape<float> tape({.keep_all = true});
  const auto x = tape.watch(ebb::ones<float>({2, 3}));
  {
    const ebb::Scope scope("block");
    (void)(x * w + 1);  // the line of this product
  }
  const int line = __LINE__ - 2;
  const json data = data_of(tape, "records");
  CHECK(data["format"] == "ebb tape");
  CHECK(data["type"] == "float");
  CHECK(data["element_bytes"] == 4);
  CHECK(data["keeps_all"] == true);
  CHECK(data["walked"] == false);
  REQUIRE(data["records"].size() == 4);
  const auto op_of = [&](std::size_t i) { return data["ops"][data["records"][i]["op"].get<std::size_t>()]["name"]; };
  const auto scope_of = [&](std::size_t i) { return data["scopes"][data["records"][i]["scope"].get<std::size_t>()]; };
  CHECK(op_of(0) == "watch");
  CHECK(op_of(1) == "parameter");
  CHECK(op_of(2) == "multiply");
  CHECK(op_of(3) == "add");
  CHECK(scope_of(0) == "");
  CHECK(scope_of(2) == "block");
  const json& product = data["records"][2];
  CHECK(product["shape"] == json({2, 3}));
  CHECK(product["inputs"] == json({0, 1}));
  CHECK(data["records"][3]["inputs"] == json({2, -1}));
  CHECK(data["records"][1]["name"] == "block.w");
  CHECK_FALSE(data["records"][0].contains("inputs"));
  CHECK_FALSE(product.contains("adjoint"));
  const json& place = data["places"][product["place"].get<std::size_t>()];
  CHECK(place["file"] == __FILE__);
  CHECK(place["line"] == line);
  if (std::ifstream(__FILE__).good()) CHECK(place["text"] == "(void)(x * w + 1);  // the line of this product");
}

TEST_CASE("a page has the statistics of values and adjoints") {
  Tape<double> tape({.keep_all = true});
  const auto x = tape.watch(Tensor<double>({4}, {3, -4, 0, 0}));
  tape.backward(sum(square(x)));
  const json data = data_of(tape, "statistics");
  const json& value = data["records"][0]["value"];
  CHECK(value["min"] == -4);
  CHECK(value["max"] == 3);
  CHECK(value["mean"] == -0.25);
  CHECK(value["norm"] == 5);
  CHECK(value["deviation"].get<double>() == doctest::Approx(std::sqrt(25.0 / 4 - 0.0625)).epsilon(1e-5));
  CHECK(value["zeros"] == 2);
  CHECK_FALSE(value.contains("non_finite"));
  CHECK(data["records"][0]["adjoint"]["norm"] == 10);
  CHECK(data["records"][2]["adjoint"]["norm"] == 1);
}

TEST_CASE("what has nearly vanished keeps its norm on a page") {
  Tape<double> tape({.keep_all = true});
  (void)tape.watch(Tensor<double>({2}, {3e-200, 4e-200}));
  (void)tape.watch(Tensor<double>({2}, {3e200, -4e200}));
  const json data = data_of(tape, "tiny");
  CHECK(data["records"][0]["value"]["norm"] == 5e-200);
  CHECK(data["records"][1]["value"]["norm"] == 5e200);
}

TEST_CASE("a page shows a matrix as a heat map, averaged over blocks") {
  Tape<double> tape({.keep_all = true});
  std::vector<double> values(32 * 2);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = i < 4 ? 63 : 0;  // the first of 16 blocks of rows
  (void)tape.watch(Tensor<double>({32, 2}, values));
  (void)tape.watch(Tensor<double>({2, 1, 2}, {1, 2, 50, 60}));
  (void)tape.watch(Tensor<double>({2, 2}, {0, 1, NAN, 3}));
  const json data = data_of(tape, "heat_map");
  const json& map = data["records"][0]["value"]["map"];
  CHECK(map[0] == 16);
  CHECK(map[1] == 2);
  CHECK(map[2] == 0);
  CHECK(map[3] == 63);
  CHECK(map[4] == "__" + std::string(30, '0'));
  CHECK(data["records"][1]["value"]["map"] == json({1, 2, 1, 2, "0_"}));
  CHECK(data["records"][2]["value"]["map"] == json({2, 2, 0, 3, "0L!_"}));
}

TEST_CASE("a page shows a vector as a histogram of 24 bins") {
  Tape<double> tape({.keep_all = true});
  (void)tape.watch(Tensor<double>({5}, {0, 1, 1.5, 24, INFINITY}));
  (void)tape.watch(Tensor<double>({2}, {7, 7}));
  (void)tape.watch(Tensor<double>({2}, {-1e308, 1e308}));
  (void)tape.watch(Tensor<double>({}, {7}));
  const json data = data_of(tape, "histogram");
  std::vector<int> bins(24, 0);
  bins[0] = 1, bins[1] = 2, bins[23] = 1;
  CHECK(data["records"][0]["value"]["bins"] == bins);
  CHECK(data["records"][1]["value"]["bins"][0] == 2);
  CHECK(data["records"][2]["value"]["bins"][23] == 1);
  CHECK_FALSE(data["records"][3]["value"].contains("bins"));
}

TEST_CASE("values that are not finite are counted on a page, and left out of its numbers") {
  Tape<float> tape({.keep_all = true});
  (void)tape.watch(Tensor<float>({4}, {NAN, 1, -INFINITY, 3}));
  (void)tape.watch(Tensor<float>({2, 1}, {NAN, NAN}));
  const json data = data_of(tape, "non_finite");
  const json& some = data["records"][0]["value"];
  CHECK(some["non_finite"] == 2);
  CHECK(some["min"] == 1);
  CHECK(some["max"] == 3);
  CHECK(some["mean"] == 2);
  CHECK(data["records"][1]["value"] == json({{"non_finite", 2}}));
}

TEST_CASE("a page has the formula of each operation") {
  Tape<double> tape({.keep_all = true});
  (void)triple(tape.watch(Tensor<double>({1}, {1})));
  const json formula = data_of(tape, "formula")["ops"][1]["formula"];
  CHECK(formula["value"] == "y = 3 a");
  CHECK(formula["derivatives"] == json({"da = 3 dy"}));
  CHECK(formula["words"] == "Three times as much.");
}

TEST_CASE("a page counts each buffer once and names all records that hold it") {
  const ebb::Parameter<double> w(ebb::ones<double>({4}).value(), "w");
  Tape<double> tape({.keep_all = true});
  const auto x = tape.watch(ebb::ones<double>({4}));
  (void)(x * w);             // saves both
  (void)triple(x);           // caches three numbers; its value is kept for inspection alone
  (void)reshape(x, {2, 2});  // the same buffer
  (void)exp(x);              // saves its value
  const json data = data_of(tape, "memory");
  CHECK(data["buffers"] == json({{32}, {32, 1}, {32}, {24}, {32}, {32}}));
  const auto holds = [&](std::size_t i) { return data["records"][i]["holds"]; };
  CHECK(holds(0) == json::array({{"output", 0}}));
  CHECK(holds(1) == json::array({{"output", 1}}));
  CHECK(holds(2) == json::array({{"saved", 0}, {"saved", 1}, {"inspection", 2}}));
  CHECK(holds(3) == json::array({{"cached", 3}, {"inspection", 4}}));
  CHECK(holds(4) == json::array({{"inspection", 0}}));
  CHECK(holds(5)[0] == json::array({"output", 5}));
}

TEST_CASE("a tape that keeps all tells what another one would hold at the loss") {
  const auto held = [](bool keep_all) {
    Tape<double> tape({.keep_all = keep_all, .recompute_from = 256});
    const auto x = tape.watch(ebb::uniform<double>({8, 8}, {.seed = 1}, -1, 1));
    const auto small = tape.watch(ebb::ones<double>({2}));
    const auto y = square(gelu(layer_norm(x)));  // 512 bytes each: square's input is computed anew
    (void)(sum(y) + sum(square(gelu(small))));   // 16 bytes: kept
    const json data = data_of(tape, "recomputed");
    std::set<std::size_t> buffers;
    for (const json& record : data["records"])
      for (const json& hold : record.value("holds", json::array()))
        if (hold[0] != "inspection" && hold[0] != "recomputed") buffers.insert(hold[1].get<std::size_t>());
    Index bytes = 0;
    for (const std::size_t buffer : buffers) bytes += data["buffers"][buffer][0].get<Index>();
    return bytes;
  };
  CHECK(held(true) == held(false));
}

TEST_CASE("a page tells what an operation was given beyond its inputs, by name") {
  Tape<double> tape({.keep_all = true});
  const auto x = tape.watch(Tensor<double>({2, 2}, {1, 2, 3, 4}));
  (void)sum(x, -1, {.keep = true});
  const json data = data_of(tape, "attributes");
  CHECK_FALSE(data["records"][0].contains("attributes"));
  CHECK(data["records"][1]["attributes"] ==
        json::array({json::array({"axes", "[-1]"}), json::array({"keep", "true"})}));
}

TEST_CASE("indices that an operation was given count as memory on a page") {
  Tape<double> tape({.keep_all = true});
  const auto table = tape.watch(ebb::ones<double>({4, 2}));
  (void)embedding(table, ebb::IntArray({3}, {0, 1, 2}));
  const json data = data_of(tape, "indices");
  CHECK(data["records"][1]["holds"][0][0] == "indices");
  CHECK(data["buffers"][data["records"][1]["holds"][0][1].get<std::size_t>()] == json::array({12}));
}

TEST_CASE("a page of a tape that does not keep all has its structure, and what it still holds") {
  Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({2}, {1, 2}));
  const auto loss = sum(x * 2 + 1);
  const json before = data_of(tape, "sparse");
  CHECK(before["keeps_all"] == false);
  CHECK(before["records"][0].contains("value"));
  CHECK_FALSE(before["records"][1].contains("value"));
  tape.backward(loss);
  const json after = data_of(tape, "sparse");
  CHECK(after["walked"] == true);
  CHECK(after["records"].size() == 4);
  CHECK_FALSE(after["records"][0].contains("value"));
  CHECK(after["records"][0]["adjoint"]["max"] == 2);
  CHECK_FALSE(after["records"][1].contains("adjoint"));
  CHECK(after["buffers"].empty());
}

TEST_CASE("an empty tape has a page") {
  const json data = data_of(Tape<double>(), "empty");
  CHECK(data["records"].empty());
  CHECK(data["type"] == "double");
}

TEST_CASE("no name can break a page's data") {
  const std::string ends_script = "</script><script>alert(1)</script><!--", no_utf8 = "\xff\xc0 \x01\"'&\\\n";
  const ebb::Scope scope(ends_script);
  const ebb::Parameter<float> w(ebb::ones<float>({1}).value(), no_utf8);
  Tape<float> tape({.keep_all = true});
  (void)(w * 2);
  const TemporaryFile file("hostile");
  ebb::write_html(tape, file.path);
  const std::string data = data_text(file.text());
  CHECK(data.find('<') == std::string::npos);
  const json parsed = json::parse(data);
  CHECK(parsed["scopes"][0] == ends_script);
  CHECK(parsed["records"][0]["name"] == ends_script + ".\uFFFD\uFFFD \x01\"'&\\\n");
}

TEST_CASE("a page asks nothing of the network") {
  const TemporaryFile file("offline");
  ebb::write_html(Tape<float>(), file.path);
  const std::string page = file.text();
  CHECK(contains(page, "default-src 'none'"));
  CHECK_FALSE(contains(page, " src="));
  CHECK_FALSE(contains(page, "@import"));
  CHECK_FALSE(contains(page, "url("));
}

TEST_CASE("no locale changes the numbers of a page") {
  const char* const before = std::setlocale(LC_ALL, nullptr);
  const std::string restored = before;
  for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "ru_RU.UTF-8"})
    (void)std::setlocale(LC_ALL, name);
  struct DecimalComma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    std::string do_grouping() const override { return "\1"; }
  };
  const std::locale old = std::locale::global(std::locale(std::locale(), new DecimalComma));
  Tape<double> tape({.keep_all = true});
  (void)tape.watch(Tensor<double>({2}, {0.75, -1234.5}));
  const json data = data_of(tape, "locale");
  std::locale::global(old);
  std::setlocale(LC_ALL, restored.c_str());
  CHECK(data["records"][0]["value"]["max"] == 0.75);
  CHECK(data["records"][0]["value"]["min"] == -1234.5);
}

TEST_CASE("a source file is read only if it is one, and not without end") {
  const TemporaryFolder folder;
  const std::string pipe = folder.path + "/pipe", large = folder.path + "/large";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  write_text(large, "x = 1;\n" + std::string(1 << 25, ' '));
  for (const std::string& name : {std::string("/dev/zero"), pipe, folder.path, large}) {
    Tape<float> tape;
    (void)tape.watch(ebb::ones<float>({1}), ebb::SourceLocation::current(name.c_str(), 1, "f"));
    CHECK(data_of(tape, "source")["places"][0]["text"] == (name == large ? "x = 1;" : ""));
  }
}

TEST_CASE("a page of five thousand records stays below five megabytes") {
  Tape<float> tape({.keep_all = true});
  auto x = tape.watch(ebb::uniform<float>({16, 16}, {.seed = 1}, -1, 1));
  for (int i = 0; i < 4998; ++i) x = sin(x);
  tape.backward(sum(x));
  const TemporaryFile file("long");
  ebb::write_html(tape, file.path);
  CHECK(std::filesystem::file_size(file.path) < 5'000'000);
  CHECK(json::parse(data_text(file.text()))["records"].size() == 5000);
}

TEST_CASE("write_html says what it cannot write, and leaves what was there") {
  const Tape<float> tape;
  CHECK_ERROR(ebb::write_html(tape, "/no/such/folder/tape.html"),
              "write_html() cannot write '/no/such/folder/tape.html'", "No such file or directory");
}

TEST_CASE("a write of a page that fails midway leaves what was there") {
  TemporaryFolder folder;
  const std::string path = folder.path + "/tape.html";
  std::ofstream(path) << "before";
  {
    const FileSizeLimit limit(1000);
    CHECK_ERROR(ebb::write_html(Tape<float>(), path), "write_html() cannot write '" + path + "': File too large");
  }
  CHECK(text_of(path) == "before");
  CHECK(folder.names() == std::set<std::string>{"tape.html"});
}

TEST_CASE("a page takes the place of an older one and of nothing else") {
  TemporaryFolder folder;
  const Tape<float> tape;
  const std::string path = folder.path + "/tape.html", link = folder.path + "/link",
                    dangling = folder.path + "/dangling";
  std::ofstream(path) << "before";
  std::ofstream(path + ".part") << "the user's own";
  std::filesystem::permissions(path, std::filesystem::perms{0640});
  std::filesystem::create_symlink("tape.html", link);
  std::filesystem::create_symlink("new.html", dangling);
  ebb::write_html(tape, link);
  ebb::write_html(tape, dangling);
  CHECK(contains(text_of(path), "<!DOCTYPE html>"));
  CHECK(text_of(path + ".part") == "the user's own");
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms{0640});
  CHECK(std::filesystem::is_symlink(link));
  CHECK(std::filesystem::is_symlink(dangling));
  CHECK(folder.names() == std::set<std::string>{"dangling", "link", "new.html", "tape.html", "tape.html.part"});
}

TEST_CASE("a page is written into a pipe") {
  TemporaryFolder folder;
  const std::string path = folder.path + "/pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  auto read = std::async(std::launch::async, [&] { return text_of(path); });
  ebb::write_html(Tape<float>(), path);
  CHECK(contains(read.get(), "</html>"));
  CHECK(std::filesystem::is_fifo(path));
}
