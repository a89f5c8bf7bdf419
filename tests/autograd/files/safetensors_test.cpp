#include <bit>
#include <cmath>
#include <limits>
#include <thread>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;

namespace {

/// Writes a file with this header and these bytes behind it.
void write_safetensors(const std::string& path, const std::string& header, const std::string& values) {
  std::string length;
  for (std::size_t i = 0; i < 8; ++i) length += static_cast<char>(header.size() >> 8 * i & 0xff);
  write_text(path, length + header + values);
}

/// A file with one array "x" of this type and with these bytes.
Safetensors file_of(const TemporaryFolder& folder, const std::string& type, const std::string& bytes,
                    std::size_t count) {
  const std::string path = folder.path + "/x.safetensors";
  write_safetensors(path,
                    R"({"x":{"dtype":")" + type + R"(","shape":[)" + std::to_string(count) + R"(],"data_offsets":[0,)" +
                        std::to_string(bytes.size()) + "]}}",
                    bytes);
  return read_safetensors(path);
}

template <class T, class Stored>
std::vector<T> read(const std::string& type, const std::vector<Stored>& values, ReadOptions options = {}) {
  const TemporaryFolder folder;
  return file_of(folder, type, bytes_of(values), values.size()).template read<T>("x", options).to_vector();
}

}  // namespace

TEST_CASE("a file tells names, types, shapes and texts, and reads one array of them") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.safetensors";
  write_safetensors(path,
                    R"({"__metadata__":{"format":"pt","of":"a\"b"},"weight":{"dtype":"F32","shape":[2,1],)"
                    R"("data_offsets":[0,8]},"n":{"dtype":"I64","shape":[],"data_offsets":[8,16]}})",
                    bytes_of<float>({1, 2}) + bytes_of<std::int64_t>({7}));
  const Safetensors file = read_safetensors(path);
  CHECK(file.entries().size() == 2);
  CHECK(file.entries().at("weight").type == "F32");
  CHECK(file.entries().at("weight").shape == std::vector<std::uint64_t>{2, 1});
  CHECK(file.metadata().at("of") == "a\"b");
  CHECK(file.read<float>("weight").shape() == Shape{2, 1});
  CHECK(file.read<float>("weight").to_vector() == std::vector<float>{1, 2});
  CHECK(file.read<std::int32_t>("n").item() == 7);
  CHECK(file.bytes("n") == bytes_of<std::int64_t>({7}));
  CHECK_ERROR(file.read<float>("v"), "holds no \"v\" among its 2 arrays");
  CHECK_ERROR(file.bytes("wieght"), "there are weight");
}

TEST_CASE("numbers of every type are read as every type that holds them exactly") {
  const float inf = std::numeric_limits<float>::infinity();
  using F = std::vector<float>;
  using I = std::vector<std::int32_t>;
  CHECK(read<float, std::uint8_t>("BOOL", {0, 1, 2}) == F{0, 1, 1});
  CHECK(read<float, std::uint8_t>("U8", {0, 255}) == F{0, 255});
  CHECK(read<float, std::int8_t>("I8", {-128, 127}) == F{-128, 127});
  CHECK(read<float, std::uint16_t>("U16", {65535}) == F{65535});
  CHECK(read<float, std::int16_t>("I16", {-32768}) == F{-32768});
  CHECK(read<double, std::uint32_t>("U32", {4294967295U}) == std::vector<double>{4294967295.0});
  CHECK(read<float, std::int32_t>("I32", {1 << 30}) == F{0x1p30F});
  CHECK(read<float, std::uint64_t>("U64", {std::uint64_t{1} << 63}) == F{0x1p63F});
  CHECK(read<I::value_type, std::int64_t>("I64", {-2147483648LL, 2147483647}) == I{-2147483647 - 1, 2147483647});
  CHECK(read<I::value_type, double>("F64", {-2147483648.0, 3}) == I{-2147483647 - 1, 3});
  CHECK(read<float, double>("F64", {0.5, static_cast<double>(inf)}) == F{0.5F, inf});
  CHECK(std::isnan(read<float, double>("F64", {std::nan("")})[0]));
}

TEST_CASE("halves are read to the bit: subnormal, infinite, NaN") {
  const float inf = std::numeric_limits<float>::infinity();
  using Bits = std::vector<std::uint16_t>;
  CHECK(read<float>("F16", Bits{0x3c00, 0xc000, 0x0001, 0x83ff, 0x0400, 0x7bff, 0x7c00, 0xfc00}) ==
        std::vector<float>{1, -2, 0x1p-24F, -0x3ffp-24F, 0x1p-14F, 65504, inf, -inf});
  CHECK(std::signbit(read<float>("F16", Bits{0x8000})[0]));
  CHECK(std::isnan(read<float>("F16", Bits{0x7e01})[0]));
  CHECK(read<double>("BF16", Bits{0x3f80, 0xc000, 0x0001, 0x7f7f}) == std::vector<double>{1, -2, 0x1p-133, 0xffp120});
}

TEST_CASE("a number that the type asked for cannot hold is refused, or rounded when asked") {
  CHECK_ERROR((read<float, double>("F64", {1, 0.1})), "it holds 0.1, as its element 1, which float cannot hold exactly",
              "{.narrow = true}");
  CHECK(read<float, double>("F64", {0.1}, {.narrow = true}) == std::vector<float>{0.1F});
  CHECK_ERROR((read<float, double>("F64", {1e39}, {.narrow = true})), "it holds 1e+39", "read it as double");
  CHECK_ERROR((read<float, std::int32_t>("I32", {16777217})), "it holds 16777217");
  CHECK(read<float, std::int32_t>("I32", {16777217}, {.narrow = true}) == std::vector<float>{16777216});
  CHECK_ERROR((read<std::int32_t, std::int64_t>("I64", {2147483648LL}, {.narrow = true})), "which int cannot hold");
  CHECK_ERROR((read<std::int32_t, double>("F64", {0.5}, {.narrow = true})), "which int cannot hold; read it as float");
  CHECK_ERROR((read<std::int32_t, float>("F32", {0x1p31F})), "which int cannot hold");
  CHECK_ERROR((read<float, std::uint8_t>("F8_E4M3", {1})), "ebb does not read its type, \"F8_E4M3\"");
}

TEST_CASE("a large array is read in pieces, and each number stands in its place") {
  std::vector<std::int64_t> values(200'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int64_t>(i * i % 1009);
  CHECK(read<float>("I64", values) == std::vector<float>(values.begin(), values.end()));
}

TEST_CASE("bytes that do not fit the shape are refused when the array is read") {
  const TemporaryFolder folder;
  CHECK_ERROR(file_of(folder, "F32", "1234567", 2).read<float>("x"),
              "it has 7 bytes, and its shape and type take 2 times");
  CHECK_ERROR(file_of(folder, "F32", "12345678", 5'000'000'000).read<float>("x"),
              "an extent may be 2147483647 at most");
  CHECK_ERROR(read_safetensors(folder.path + "/none"), "cannot read '" + folder.path + "/none': No such file");
}

TEST_CASE("a file that is cut off while it is open says so") {
  const TemporaryFolder folder;
  const Safetensors file = file_of(folder, "F32", bytes_of<float>({1, 2}), 2);
  std::filesystem::resize_file(folder.path + "/x.safetensors", 66);
  CHECK_ERROR(file.read<float>("x"), "it ended where its values were expected");
}

TEST_CASE("threads read from one open file") {
  const TemporaryFolder folder;
  const Safetensors file = file_of(folder, "F32", bytes_of(std::vector<float>(50'000, 3)), 50'000);
  std::vector<std::thread> threads;
  std::vector<float> sums(4);
  for (std::size_t i = 0; i < sums.size(); ++i)
    threads.emplace_back([&, i] {
      for (float x : file.read<float>("x").to_vector()) sums[i] += x;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(sums == std::vector<float>(4, 150'000));
}

TEST_CASE("named arrays and texts are written to a file, each in its own type") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.safetensors";
  const Tensor<float> x({2, 1}, {1, -2});
  const Array<double> exact({}, {0.1});
  write_safetensors(path, {{"x", x}, {"labels", IntArray{7, 8, 9}}, {"exact", exact}, {"none", zeros<float>({0, 4})}},
                    {{"source", "a \"survey\""}});
  const Safetensors file = read_safetensors(path);
  CHECK(file.entries().size() == 4);
  CHECK(file.entries().at("x").type == "F32");
  CHECK(file.read<float>("x").shape() == Shape{2, 1});
  CHECK(file.read<float>("x").to_vector() == x.to_vector());
  CHECK(file.read<std::int32_t>("labels").to_vector() == std::vector<std::int32_t>{7, 8, 9});
  CHECK(file.read<double>("exact").item() == 0.1);
  CHECK(file.read<float>("none").shape() == Shape{0, 4});
  CHECK(file.metadata().at("source") == "a \"survey\"");
  write_safetensors(path, {});
  CHECK(read_safetensors(path).entries().empty());
}

TEST_CASE("named arrays that cannot be written are named, and the file stays as it was") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.safetensors";
  const Tensor<float> x = ones<float>({3});
  write_safetensors(path, {{"x", x}});
  const std::string before = text_of(path);
  CHECK_ERROR(write_safetensors(path, {{"a", x}, {"a", x}}), "write_safetensors(): two arrays are named \"a\"");
  CHECK_ERROR(write_safetensors(path, {{"a", x}, {"b", Tensor<float>()}}), "the array \"b\" is undefined");
  CHECK_ERROR(write_safetensors(path, {{"__metadata__", x}}), "no array can be named __metadata__");
  CHECK_ERROR(write_safetensors(path, {{"\xff", x}}), "a name, or a text of the metadata, is no UTF-8");
  CHECK_ERROR(write_safetensors(folder.path + "/none/x", {{"x", x}}), "write_safetensors(): ", "/none/x");
  CHECK(text_of(path) == before);
  CHECK(folder.names() == std::set<std::string>{"x.safetensors"});
}

TEST_CASE("a file prints what it holds") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.safetensors";
  write_safetensors(path, {{"head.weight", zeros<float>({2, 3})}, {"n", IntArray{1}}}, {{"by", "me"}});
  CHECK(to_string(read_safetensors(path)) == "head.weight  F32  [2, 3]\nn            I32  [1]\nby: me\n");
}
