#include <bit>
#include <limits>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using ebb::nn::ParameterList;
using ebb::nn::parameters;

namespace {

template <class T = float>
ParameterList<T> list(std::initializer_list<std::pair<const char*, Array<T>>> named) {
  ParameterList<T> parameters;
  for (const auto& [name, value] : named) parameters.add(Parameter<T>(value, name));
  return parameters;
}

/// Two small parameters, a of two numbers and b of one.
ParameterList<float> pair() { return list({{"a", Array<float>({2}, {1, 2})}, {"b", Array<float>({1, 1}, {3})}}); }

std::string file_text(const std::string& header, const std::string& values) {
  std::string length;
  for (std::size_t i = 0; i < 8; ++i) length += static_cast<char>(header.size() >> 8 * i & 0xff);
  return length + header + values;
}

template <class T>
void load_text(const std::string& text, const ParameterList<T>& into) {
  const TemporaryFolder folder;
  write_text(folder.path + "/model.safetensors", text);
  load(folder.path + "/model.safetensors", into);
}

/// The message of load for a file that holds this. The parameters must stay as they were.
template <class T = float>
std::string refusal(const std::string& text, const ParameterList<T>& into) {
  std::vector<std::vector<T>> before;
  for (const Parameter<T>& parameter : into) before.push_back(parameter.value().to_vector());
  const std::string error = error_of([&] { load_text(text, into); });
  for (std::size_t i = 0; i < before.size(); ++i) CHECK(into[i].value().to_vector() == before[i]);
  return error;
}
std::string refusal(const std::string& text) { return refusal(text, pair()); }

const std::string a_entry = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
const std::string b_entry = R"("b":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]})";
const std::string values = bytes_of<float>({10, 20, 30});

/// A file that has this instead of b's entry.
std::string with(const std::string& entry) { return file_text("{" + a_entry + "," + entry + "}", values); }

struct Tied {
  Parameter<float> in{Array<float>({2}, 1)}, out{Array<float>({2}, 2)};
  void visit(auto& field) const { field("in", in), field("out", out); }
};

}  // namespace

TEST_CASE_TEMPLATE("what was saved is loaded into another model, bit by bit", T, float, double) {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  ebb::Generator random(1);
  const ebb::nn::TransformerBlock<T> saved(8, 2, random), other(8, 2, random);
  auto from = parameters<T>(saved), to = parameters<T>(other);
  save(path, from);
  to[0].set_gradient(to[0].value());
  to[1].set_trainable(false);
  load(path, to);
  REQUIRE(from.size() == to.size());
  for (std::size_t i = 0; i < to.size(); ++i) {
    CHECK(to[i].value().to_vector() == from[i].value().to_vector());
    CHECK_FALSE(to[i].value().value().shares_buffer_with(from[i].value().value()));
  }
  CHECK(to[0].gradient().defined());
  CHECK_FALSE(to[1].trainable());
}

TEST_CASE("infinities, NaNs with their bits, scalars and empty parameters are kept") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> numbers{inf, -inf, -0.0F, 1e-45F, std::bit_cast<float>(0x7fc00123)};
  save(path,
       list({{"x", Array<float>({5}, numbers)}, {"none", Array<float>(Shape{0, 3})}, {"one", Array<float>({}, {4})}}));
  const auto back =
      list({{"one", Array<float>({}, {0})}, {"none", Array<float>(Shape{0, 3})}, {"x", Array<float>({5}, 0)}});
  load(path, back);
  CHECK(back[0].value().item() == 4);
  CHECK(bytes_of(back[2].value().to_vector()) == bytes_of(numbers));
  save(path, ParameterList<float>());
  CHECK_NOTHROW(load(path, ParameterList<float>()));
}

TEST_CASE("a file is laid out as the format says, its values aligned") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  save(path, pair());
  const std::string expected = R"({"__metadata__":{"format":"ebb: matrices are [in, out]"},)"
                               R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                               R"("b":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]}})";
  CHECK(text_of(path) ==
        file_text(expected + std::string((8 - expected.size() % 8) % 8, ' '), bytes_of<float>({1, 2, 3})));
}

TEST_CASE("tied parameters are saved once, under their first path, and stay tied when loaded") {
  Tied saved, other;
  tie(saved.in, saved.out);
  tie(other.in, other.out);
  saved.in.set_value(Array<float>({2}, {5, 6}));
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  nn::save(path, saved);
  CHECK(ebb::read_safetensors(path).entries().size() == 1);
  nn::load(path, other);
  CHECK(other.out.value().to_vector() == std::vector<float>{5, 6});
}

TEST_CASE("float values go into double parameters exactly, and double ones into float when asked to round") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  save(path, list({{"x", Array<float>({2}, {0.1F, 1e-45F})}}));
  const auto wide = list<double>({{"x", Array<double>({2}, 0)}});
  load(path, wide);
  CHECK(wide[0].value().to_vector() == std::vector<double>{double{0.1F}, double{1e-45F}});
  const auto narrow = list({{"x", Array<float>({2}, 0)}});
  save(path, wide);
  load(path, narrow);  // they are numbers of float
  save(path, list<double>({{"x", Array<double>({2}, {0.1, 2})}}));
  CHECK_ERROR(load(path, narrow), "it holds 0.1, as its element 0, which float cannot hold exactly",
              "{.narrow = true}");
  CHECK(narrow[0].value().to_vector() == std::vector<float>{0.1F, 1e-45F});
  load(path, narrow, {.narrow = true});
  CHECK(narrow[0].value().to_vector() == std::vector<float>{0.1F, 2});
}

TEST_CASE_TEMPLATE("numbers of 16 bits are written when asked, and read into any parameter", T, float, double) {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  const T inf = std::numeric_limits<T>::infinity();
  const auto from = list<T>({{"x", Array<T>({4}, {static_cast<T>(1.0 / 3), -2, inf, 65504})}});
  const auto into = list<T>({{"x", Array<T>({4}, T{0})}});
  save(path, from, {.type = nn::SavedType::f16});
  load(path, into);
  CHECK(into[0].value().to_vector() == std::vector<T>{T{0x555p-12F}, -2, inf, 65504});
  save(path, from, {.type = nn::SavedType::bf16});
  load(path, into);
  CHECK(into[0].value().to_vector() == std::vector<T>{T{0xabp-9F}, -2, inf, 65536});
  const auto large = list<T>({{"x", Array<T>({2}, {1, 65520})}});
  CHECK_ERROR(save(path, large, {.type = nn::SavedType::f16}), "\"x\" holds 65520, and the largest number of F16");
  const auto largest = list<T>({{"x", Array<T>({1}, {std::numeric_limits<T>::max()})}});
  CHECK_ERROR(save(path, largest, {.type = nn::SavedType::bf16}), "BF16 has no number near it");
}

TEST_CASE("a double becomes the half that is nearest to it, not to a float on the way") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  const auto into = list<double>({{"x", Array<double>({2}, 0)}});
  save(path, list<double>({{"x", Array<double>({2}, {1 + 0x1p-11 + 0x1p-30, -1 - 0x1p-11 + 0x1p-30})}}),
       {.type = nn::SavedType::f16});
  load(path, into);
  CHECK(into[0].value().to_vector() == std::vector<double>{1 + 0x1p-10, -1});
}

TEST_CASE("types that are no fractions are refused by name") {
  for (const char* type : {"I32", "BOOL", "F8_E4M3"}) {
    const std::string entry = R"("b":{"dtype":")" + std::string(type) + R"(","shape":[1,1],"data_offsets":[8,12]})";
    CHECK(contains(refusal(with(entry)), "is of type \"" + std::string(type) + "\", and parameters are made of F64"));
  }
}

TEST_CASE("a square matrix from another program is refused, as it may lie the other way round") {
  const std::string square = R"("w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]})";
  const std::string numbers = bytes_of<float>({1, 2, 3, 4});
  const auto into = list({{"w", Array<float>({2, 2}, 0)}});
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  for (const std::string metadata : {"", R"("__metadata__":{"format":"pt"},)"}) {
    const std::string text = file_text("{" + metadata + square + "}", numbers);
    CHECK(
        contains(refusal(text, into),
                 "\"w\" has a shape, [2, 2], that fits the other way round too, and the file was not written by ebb"));
    write_text(path, text);
    load(path, into, {.in_by_out = true});
    CHECK(into[0].value().to_vector() == std::vector<float>{1, 2, 3, 4});
    into[0].shared().set_value(Array<float>({2, 2}, 0));
  }
  save(path, into);
  CHECK_NOTHROW(load(path, into));
}

TEST_CASE("so is a convolution's weight of a shape that fits both ways") {
  for (const std::string shape : {"3,2,3", "2,2,2,2"}) {
    Shape extents;
    for (const char c : shape)
      if (c != ',') extents.push_back(c - '0');
    const auto into = list({{"w", Array<float>(extents, 0)}});
    const std::string bytes(to_size(extents.size()) * sizeof(float), '\0');
    const std::string entry =
        R"("w":{"dtype":"F32","shape":[)" + shape + R"(],"data_offsets":[0,)" + std::to_string(bytes.size()) + "]}";
    CHECK(contains(refusal(file_text("{" + entry + "}", bytes), into), "that fits the other way round too"));
  }
}

TEST_CASE("other names, and a part of a model or of a file, are loaded when asked, and what is left out is reported") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  save(path, list({{"body.a", Array<float>({2}, {1, 2})}, {"body.b", Array<float>({1, 1}, {3})}}));
  const auto into = list({{"a", Array<float>({2}, 0)}, {"c", Array<float>({1}, {7})}});
  nn::LoadOptions options{.rename = [](std::string name) { return "body." + name; }};
  CHECK_ERROR(load(path, into, options), R"(it lacks "body.c"; it has what the parameters do not: "body.b")",
              "{.allow_missing = true}");
  options.allow_missing = true;
  CHECK_ERROR(load(path, into, options), R"(: it has what the parameters do not: "body.b")");
  options.allow_unexpected = true;
  const nn::LoadReport report = load(path, into, options);
  CHECK(into[0].value().to_vector() == std::vector<float>{1, 2});
  CHECK(into[1].value().item() == 7);
  CHECK(report.loaded == 1);
  CHECK(report.missing == std::vector<std::string>{"body.c"});
  CHECK(report.unexpected == std::vector<std::string>{"body.b"});
  options.rename = [](const std::string&) { return "body.a"; };
  CHECK_ERROR(load(path, into, options), "two parameters are to be loaded from \"body.a\"");
  options.rename = nullptr;
  CHECK_ERROR(load(path, into, options), "it holds none of the parameters; it lacks \"a\", \"c\"");
}

TEST_CASE("metadata, any order of entries and of values, and spaces behind the header are read") {
  const auto into = pair();
  const std::string metadata = R"("__metadata__":{"format":"pt"},)";
  load_text(file_text("{" + metadata + b_entry + "," + a_entry + "}   ", values), into);
  CHECK(into[0].value().to_vector() == std::vector<float>{10, 20});
  CHECK(into[1].value().item() == 30);
  load_text(file_text(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},)"
                      R"("b":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}})",
                      values),
            into);
  CHECK(into[0].value().to_vector() == std::vector<float>{20, 30});
  CHECK(contains(refusal(with(R"("__metadata__":{"n":1},)" + b_entry)), "its __metadata__ is no list of texts"));
}

TEST_CASE("names, shapes and sizes that do not fit are named") {
  const std::string fit = "takes a model of the same structure";
  CHECK(contains(refusal(file_text("{" + a_entry + "}", values.substr(0, 8))), R"(it lacks "b"; it )" + fit));
  const std::string renamed = refusal(with(R"("c\n":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]})"));
  CHECK(contains(renamed, R"(it lacks "b"; it has what the parameters do not: "c\n"; it )" + fit));
  std::string many;
  for (int i = 0; i < 9; ++i)
    many += ",\"" + std::to_string(i) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[12,12]})";
  CHECK(contains(refusal(with(b_entry + many)), R"("3", "4" and 4 more)"));
  CHECK(contains(refusal(with(R"("b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]})")),
                 R"("b" has the shape [1], and the parameter [1, 1])"));
  CHECK(contains(refusal(with(R"("b":{"dtype":"F32","shape":[4294967296,4294967297],"data_offsets":[8,12]})")),
                 "[4294967296, 4294967297]"));
  CHECK(contains(refusal(file_text("{" + a_entry + R"(,"b":{"dtype":"F32","shape":[1,1],"data_offsets":[8,16]}})",
                                   values + "more")),
                 "it has 8 bytes, and its shape and type take 1 times 4"));
}

TEST_CASE("values must follow one another without gaps, up to the end of the file") {
  const auto b_at = [](const char* offsets) {
    return with(R"("b":{"dtype":"F32","shape":[1,1],"data_offsets":)" + std::string(offsets) + "}");
  };
  CHECK(contains(refusal(with(R"("b":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[8,12]})")),
                 R"("b" has more than 8 axes)"));
  CHECK(contains(refusal(b_at("[4,8]")), R"("b" begin at 4, where those before end at 8)"));
  CHECK(contains(refusal(b_at("[0,4]")), "begin at 0, where those before end at 4"));
  CHECK(contains(refusal(b_at("[9,12]")), "begin at 9"));
  CHECK(contains(refusal(b_at("[8,18446744073709551615]")), "it is truncated"));
  CHECK(contains(refusal(with(b_entry) + "x"), "says 12 bytes of values, and 13 follow: it is damaged"));
  for (const char* offsets :
       {"[12,8]", "[8]", "[8,12,12]", "[8.0,12]", "[-8,12]", "[8,18446744073709551616]", "12", "{}"})
    CHECK(contains(refusal(b_at(offsets)), "else than a dtype, a shape and two data_offsets"));
}

TEST_CASE("a header that is no header is refused") {
  CHECK(contains(refusal(with(R"("b":5)")), "else than a dtype"));
  CHECK(contains(refusal(with(R"("b":{"dtype":"F32","shape":[1,1]})")), "else than a dtype"));
  CHECK(contains(refusal(with(R"("b":{"dtype":1,"shape":[1,1],"data_offsets":[8,12]})")), "else than a dtype"));
  CHECK(contains(refusal(with(R"("b":{"dtype":"F32","shape":[1,-1],"data_offsets":[8,12]})")), "else than a dtype"));
  CHECK(contains(refusal(with(b_entry + "," + b_entry)), "its header has \"b\" twice"));
  CHECK(contains(refusal(with(R"("b":{"dtype":"F32","dtype":"F64","shape":[1,1],"data_offsets":[8,12]})")),
                 "\"dtype\" twice"));
  CHECK(contains(refusal(with("\"b\":" + std::string(100'000, '['))), "else than a dtype"));
  CHECK(contains(refusal(with("\"b\":" + std::string(100'000, '{'))), "no JSON"));
  CHECK(contains(refusal(with("\"\xff\":1")), "no JSON"));
  CHECK(contains(refusal(file_text("{" + a_entry + "," + b_entry + "}" + std::string(1, '\0'), values)),
                 "no safetensors"));
  CHECK(contains(refusal(file_text("[]", "")), "no safetensors"));
  CHECK(contains(refusal(file_text("", "")), "no safetensors"));
}

TEST_CASE("foreign files are refused") {
  CHECK(contains(refusal(""), "it has 0 bytes"));
  CHECK(contains(refusal("\x93NUMPY\x01 v and so on"), "no safetensors file: its header would have"));
  CHECK(contains(refusal("\x89PNG\r\n\x1a\n"), "no safetensors file: its header would have"));
  CHECK(contains(refusal(file_text("", "").replace(3, 1, "\x06")), "would have 100663296 bytes"));
  CHECK(contains(refusal(file_text("", "").replace(3, 1, "\x05")), "has 83886080 bytes, and 0 follow"));
  const TemporaryFolder folder;
  CHECK_ERROR(load(folder.path, pair()), "load(): cannot read '" + folder.path + "': it is a folder");
  CHECK_ERROR(load(folder.path + "/none", pair()), "No such file or directory");
  CHECK_ERROR(load("/dev/zero", pair()), "it is no regular file");
}

TEST_CASE("cut off anywhere, a file is refused, and with any bit of its header flipped it is read or refused") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  const std::string whole = file_text("{" + a_entry + "," + b_entry + "}", bytes_of<float>({1, 2, 3}));
  for (std::size_t length = 0; length < whole.size(); ++length) refusal(whole.substr(0, length));
  int read = 0;
  for (std::size_t bit = 0; bit < 8 * (whole.size() - values.size()); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    const auto into = list({{"a", Array<float>({2}, -1)}, {"b", Array<float>({1, 1}, -1)}});
    write_text(path, damaged);
    try {
      load(path, into);
      CHECK(into[0].value().to_vector() == std::vector<float>{1, 2});
      CHECK(into[1].value().item() == 3);
      ++read;
    } catch (const ebb::Error&) {
      CHECK(into[0].value().to_vector() == std::vector<float>{-1, -1});
      CHECK(into[1].value().item() == -1);
    }
  }
  CHECK(read < 40);  // a space may become another kind of space; nothing else may pass
}

TEST_CASE("parameters without a name of their own, or of any name, are not saved") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  const Array<float> x({1}, {1});
  CHECK_ERROR(save(path, list({{"", x}})), "parameters(model), which names them");
  CHECK_ERROR(save(path, list({{"__metadata__", x}})), "list.add(parameter, name)");
  CHECK_ERROR(save(path, list({{"x", x}, {"x", x}})), "two parameters are named \"x\"");
  CHECK_ERROR(save(path, list({{"x", Array<float>()}})), "is undefined");
  CHECK_ERROR(save(path, list({{"\xff", x}})), "no UTF-8");
  CHECK(folder.names().empty());
  save(path, list({{"\"quoted\" and \xc3\xa9", x}}));
  CHECK_NOTHROW(load(path, list({{"\"quoted\" and \xc3\xa9", x}})));
}

TEST_CASE("save says what it cannot write, and leaves what was there") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  CHECK_ERROR(save(folder.path + "/none/x", pair()),
              "save(): cannot write '" + folder.path + "/none/x': No such file or directory");
  CHECK_ERROR(save("/dev/full", pair()), "No space left on device");
  save(path, pair());
  const std::string before = text_of(path);
  {
    const FileSizeLimit limit(1000);
    CHECK_ERROR(save(path, list({{"x", Array<float>({1000}, 1)}})), "File too large");
  }
  CHECK(text_of(path) == before);
  CHECK(folder.names() == std::set<std::string>{"model.safetensors"});
}

#ifdef EBB_NEGATE
TEST_CASE("Python reads what save writes, and load what Python writes") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.safetensors", result = folder.path + "/y.safetensors";
  const auto into = pair();
  save(path, into);
  REQUIRE(negated_by_python(path, result));
  load(result, into);
  CHECK(into[0].value().to_vector() == std::vector<float>{-1, -2});
  CHECK(into[1].value().item() == -3);
}
#endif
