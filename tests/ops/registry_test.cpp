
#include <algorithm>
#include <ebb/ebb.hpp>
#include <ebb/ops/registry.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "support/check.hpp"

using namespace ebb_test;

namespace {

using Names = std::set<std::string>;

/// The names of the operations that the files of a folder define.
Names names_in_sources(const std::string& folder) {
  static const std::regex definition(R"re((?:constexpr Op<T> |EBB_OP\(|EBB_UNARY\()(\w+?)(?:_op\{\s*"\w+")?[,)])re");
  Names names;
  for (const auto& entry : std::filesystem::directory_iterator(EBB_SOURCE "/" + folder)) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (std::sregex_iterator found(text.begin(), text.end(), definition), end; found != end; ++found) {
      names.insert((*found)[1]);
    }
  }
  return names;
}

/// The names that `of` has and `in` lacks.
std::string missing(const Names& of, const Names& in) {
  std::string text;
  for (const std::string& name : of)
    if (!in.contains(name)) text += name + ' ';
  return text;
}

template <class T>
Names registered_names() {
  Names names;
  for (const ebb::Op<T>* op : ebb::all_ops<T>()) names.insert(op->name);
  return names;
}

/// A value line, a sentence, and derivatives each with respect to something that the value line names.
template <class T>
void check_complete(const ebb::Op<T>& op) {
  const std::string name = op.name, value = op.formula.value, words = op.formula.words;
  CAPTURE(name);
  CHECK(std::regex_search(value, std::regex(R"(^[yY](\[.*\])? = )")));
  CHECK(words.ends_with('.'));
  const auto& derivatives = op.formula.derivatives;
  CHECK((derivatives[0] != nullptr) == (op.backward != nullptr));
  const auto end = std::find(derivatives.begin(), derivatives.end(), nullptr);
  CHECK(std::all_of(end, derivatives.end(), [](const char* text) { return text == nullptr; }));
  for (auto text = derivatives.begin(); text != end; ++text) {
    const std::string derivative = *text;
    CAPTURE(derivative);
    std::smatch match;
    REQUIRE(std::regex_search(derivative, match, std::regex(R"(^d(\w+) = )")));
    CHECK(std::regex_search(value, std::regex("\\b" + match[1].str() + "\\b")));
  }
}

}  // namespace

TEST_CASE("every operation that the sources of ops define is in the registry") {
  Names names = names_in_sources("ops");
  CHECK(names.size() >= 60);
  CHECK(names.erase("scalars") == 1);  // runs a function of the user's, which no name could bring back
  CHECK(missing(names, registered_names<float>()) == "");
  CHECK(missing(names, registered_names<double>()) == "");
}

TEST_CASE("no two operations have the same name, or the same words") {
  Names words;
  for (const auto* op : ebb::all_ops<double>()) words.insert(op->formula.words);
  CHECK(registered_names<double>().size() == ebb::all_ops<double>().size());
  CHECK(words.size() == ebb::all_ops<double>().size());
}

TEST_CASE("every operation has a complete formula") {
  for (const auto* op : ebb::all_ops<double>()) check_complete(*op);
}

TEST_CASE("the engine's own operations have complete formulas") {
  ebb::Tape<double> tape;
  const ebb::Parameter<double> w(ebb::Array<double>(ebb::Shape{2}, 3.0));
  const auto x = tape.watch(ebb::full<double>({2}, 2));
  const auto y = sum(checkpoint([](const auto& in) { return exp(in); }, x) * w);
  const auto z = sum(square(x));  // two adjoints of x meet
  (void)ebb::grad(z, x, {.create_graph = true});
  tape.backward(y, {.keep = true});

  Names names;
  for (ebb::Index i = 0; i < tape.size(); ++i) {
    check_complete(*tape[i].op);
    names.insert(tape[i].op->name);
  }
  CHECK(missing(names_in_sources("autograd"), names) == "");
}

TEST_CASE("a scalar program's operation has a complete formula") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::ones<double>({1}));
  check_complete(*tape[ebb::by_scalars([](auto v) { return v[0]; }, x)].op);
}

TEST_CASE("an operation found by its name repeats a record from its attributes, set by their names") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::ones<double>({100}));
  const auto y = dropout(x, 0.5, {.seed = 0x123456789abcdef0, .stream = 0xfedcba9876543210});
  const ebb::Record<double>& record = tape[y];
  ebb::Record<double> again;
  again.attributes = ebb::find_op<double>(record.op->name).attributes();
  for (const ebb::Attribute& attribute : record.attributes.list())
    again.attributes.set(attribute.name, attribute.value);
  CHECK(ebb::find_op<double>(record.op->name).forward(again, {&x, 1}).to_vector() == y.to_vector());
}

TEST_CASE("a name that no operation has is refused, with those that there are") {
  CHECK_ERROR(ebb::find_op<double>("soft_max"), "there is no operation \"soft_max\"; there are add, subtract, ",
              ", softmax, ");
}
