#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;

namespace {

std::string idx(int code, const std::vector<int>& extents, const std::string& values) {
  std::string text{'\0', '\0', static_cast<char>(code), static_cast<char>(extents.size())};
  for (const int extent : extents)
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(extent >> shift & 0xff);
  return text + values;
}

template <class T>
Array<T> loaded(const std::string& text) {
  const TemporaryFolder folder;
  write_text(folder.path + "/x", text);
  return load_idx<T>(folder.path + "/x");
}

}  // namespace

TEST_CASE("bytes and big-endian numbers of an IDX file are read, of every type") {
  const Array<float> images = loaded<float>(idx(0x08, {2, 1, 2}, "\x01\x02\x03\xff"));
  CHECK(images.shape() == Shape{2, 1, 2});
  CHECK(images.to_vector() == std::vector<float>{1, 2, 3, 255});
  CHECK(loaded<std::int32_t>(idx(0x08, {2}, "\x07\x09")).to_vector() == std::vector<std::int32_t>{7, 9});
  CHECK(loaded<double>(idx(0x09, {1}, "\xff")).item() == -1);
  CHECK(loaded<std::int32_t>(idx(0x0b, {1}, "\x01\x02")).item() == 258);
  CHECK(loaded<std::int32_t>(idx(0x0c, {1}, "\xff\xff\xff\xfe")).item() == -2);
  CHECK(loaded<float>(idx(0x0d, {1}, std::string("\x3f\x80\0\0", 4))).item() == 1);
  CHECK(loaded<double>(idx(0x0e, {1}, std::string("\xc0\0\0\0\0\0\0\0", 8))).item() == -2);
  CHECK(loaded<float>(idx(0x08, {0, 28}, "")).shape() == Shape{0, 28});
}

TEST_CASE("what is no IDX file, or not a whole one, is refused") {
  CHECK_ERROR(loaded<float>(""), "load_idx() cannot read '", "it is no IDX file: it has 0 bytes");
  CHECK_ERROR(loaded<float>("\x1f\x8b\x08 and so on"), "packed by gzip: unpack it with gunzip");
  CHECK_ERROR(loaded<float>("text, as it happens"), "which begins with two zeros");
  CHECK_ERROR(loaded<float>(idx(0x07, {1}, "x")), "the code 0x07, which the format does not know");
  CHECK_ERROR(loaded<float>(idx(0x08, {2, 3}, "12345")), "shape [2, 3], 6 values of 1 bytes, but 5 bytes follow");
  CHECK_ERROR(loaded<float>(idx(0x08, {2, 3}, "").substr(0, 9)), "2 axes and 9 bytes: it is truncated");
  CHECK_ERROR(loaded<float>(idx(0x08, {-1}, "")), "31 bits");
  CHECK_ERROR(load_idx<float>("/none/x"), "No such file");
}
