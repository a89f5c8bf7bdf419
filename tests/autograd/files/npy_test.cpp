#include <algorithm>
#include <bit>
#include <limits>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;

namespace {

/// A file with this dictionary and these bytes behind it, in one version or another of the format.
std::string npy(const std::string& dictionary, const std::string& bytes, int version = 1) {
  std::string text = "\x93NUMPY";
  text += {static_cast<char>(version), '\0'};
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) text += static_cast<char>(dictionary.size() >> 8 * i & 0xff);
  return text + dictionary + bytes;
}

/// The message of load_npy for a file that holds this.
template <class T = float>
std::string refusal(const std::string& text) {
  const TemporaryFolder folder;
  write_text(folder.path + "/x.npy", text);
  const std::string error = error_of([&] { (void)ebb::load_npy<T>(folder.path + "/x.npy"); });
  CHECK(contains(error, "cannot read '" + folder.path + "/x.npy': "));
  return error;
}

template <class T = float>
Array<T> loaded(const std::string& text) {
  const TemporaryFolder folder;
  write_text(folder.path + "/x.npy", text);
  return ebb::load_npy<T>(folder.path + "/x.npy");
}

const std::string one_float = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n";

}  // namespace

TEST_CASE_TEMPLATE("a .npy file keeps shape, type and values", T, float, double, std::int32_t) {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.npy";
  for (const Shape& shape : {Shape{}, Shape{0}, Shape{1}, Shape{3, 0, 2}, Shape{2, 3}, Shape{1, 2, 1, 2, 1, 2, 1, 2}}) {
    CAPTURE(to_string(shape));
    Array<T> x(shape);
    for (ebb::Index i = 0; i < x.size(); ++i) x.mutable_data()[i] = static_cast<T>(i - 3);
    save_npy(path, x);
    const Array<T> y = ebb::load_npy<T>(path);
    CHECK(y.shape() == shape);
    CHECK(y.to_vector() == x.to_vector());
  }
}

TEST_CASE("a .npy file keeps infinities, NaNs with their bits, and the sign of zero") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.npy";
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> values{inf, -inf, -0.0, 5e-324, std::bit_cast<double>(0x7ff8000000000123)};
  save_npy(path, ebb::Tensor<double>({5}, values));
  CHECK(bytes_of(ebb::load_npy<double>(path).to_vector()) == bytes_of(values));
}

TEST_CASE("a .npy file is, byte by byte, what NumPy writes") {
  const TemporaryFolder folder;
  const auto written = [&](const auto& x) {
    save_npy(folder.path + "/x.npy", x);
    return text_of(folder.path + "/x.npy");
  };
  const auto numpys = [](std::string dictionary, const std::string& bytes) {
    dictionary.append(128 - 11 - dictionary.size(), ' ') += '\n';  // so the values begin at byte 128
    return npy(dictionary, bytes);
  };
  CHECK(written(Array<float>({2, 1}, {1, 2})) ==
        numpys("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }", bytes_of<float>({1, 2})));
  CHECK(written(Array<double>({1}, {3})) ==
        numpys("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", bytes_of<double>({3})));
  CHECK(written(IntArray({}, {-1})) ==
        numpys("{'descr': '<i4', 'fortran_order': False, 'shape': (), }", bytes_of<std::int32_t>({-1})));
}

TEST_CASE("a header may be of any version, long, in any order and with any quotes") {
  const std::string one = bytes_of<float>({7});
  CHECK(loaded(npy(one_float, one)).to_vector() == std::vector<float>{7});
  CHECK(loaded(npy(one_float, one, 2)).item() == 7);
  CHECK(loaded(npy(one_float, one, 3)).item() == 7);
  CHECK(loaded(npy(std::string(150, ' ') + one_float, one)).item() == 7);  // 208: a length that is negative as a char
  CHECK(loaded(npy(R"({"shape":(1,1),"descr":"<f4","fortran_order":False})", one)).shape() == Shape{1, 1});
}

TEST_CASE("an array in Fortran order is put into row-major order") {
  const auto fortran = [](const std::string& shape) {
    return "{'descr': '<f4', 'fortran_order': True, 'shape': " + shape + ", }\n";
  };
  CHECK(loaded(npy(fortran("(2, 3)"), bytes_of<float>({1, 4, 2, 5, 3, 6}))).to_vector() ==
        std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(loaded(npy(fortran("(2, 1, 3)"), bytes_of<float>({1, 4, 2, 5, 3, 6}))).at({1, 0, 1}) == 5);
  CHECK(loaded(npy(fortran("(2, 0)"), "")).shape() == Shape{2, 0});
  CHECK(loaded(npy(fortran("()"), bytes_of<float>({8}))).item() == 8);
}

TEST_CASE("NumPy's types are widened, and narrowed when asked") {
  const auto of_type = [](const std::string& type, const std::string& bytes) {
    return npy("{'descr': '" + type + "', 'fortran_order': False, 'shape': (1,), }", bytes);
  };
  CHECK(loaded<std::int32_t>(of_type("<i8", bytes_of<std::int64_t>({-7}))).item() == -7);
  CHECK(loaded<double>(of_type("<f4", bytes_of<float>({0.1F}))).item() == double{0.1F});
  CHECK(loaded(of_type("<f8", bytes_of<double>({0.5}))).item() == 0.5F);
  CHECK(loaded(of_type("<f2", bytes_of<std::uint16_t>({0x3c00}))).item() == 1);
  CHECK(loaded(of_type("|u1", "\xff")).item() == 255);
  CHECK(loaded(of_type("|b1", "\x01")).item() == 1);
  CHECK(loaded(of_type(">f4", std::string("\x3f\x80\0\0", 4))).item() == 1);
  CHECK(loaded(of_type(">i2", "\x01\x02")).item() == 258);
  CHECK(contains(refusal(of_type("<f8", bytes_of<double>({0.1}))), "it holds 0.1, as its element 0, which float"));
  const TemporaryFolder folder;
  write_text(folder.path + "/x.npy", of_type("<f8", bytes_of<double>({0.1})));
  CHECK(ebb::load_npy<float>(folder.path + "/x.npy", {.narrow = true}).item() == 0.1F);
}

TEST_CASE("a .npy file of a type that is not read is refused, with the way out") {
  const std::string error =
      refusal(npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", bytes_of<double>({1})));
  CHECK(contains(error, "it holds \"<c8\", and integers and fractions"));
  CHECK(contains(error, "x.astype('<f4')"));
  CHECK(contains(refusal(npy("{'descr': 'f4', 'fortran_order': False, 'shape': (1,), }", "1234")), "it holds \"f4\""));
  CHECK(contains(refusal(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "1234")),
                 "structured types are not read"));
}

TEST_CASE("rows of a file are read without the others") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.npy";
  save_npy(path, Array<float>({4, 2}, {0, 1, 10, 11, 20, 21, 30, 31}));
  const Npy file = read_npy(path);
  CHECK(file.shape() == Shape{4, 2});
  CHECK(file.type() == "<f4");
  const Array<double> rows = file.rows<double>({3, 0, 3});
  CHECK(rows.shape() == Shape{3, 2});
  CHECK(rows.to_vector() == std::vector<double>{30, 31, 0, 1, 30, 31});
  CHECK(file.rows<float>(IntArray({2, 1}, {1, 2})).shape() == Shape{2, 1, 2});
  CHECK(file.rows<float>(IntArray(Shape{0})).shape() == Shape{0, 2});
  CHECK_ERROR(file.rows<float>(IntArray()), "the indices are undefined");
  CHECK_ERROR(file.rows<float>({4}), "cannot read rows of '" + path + "': there is no row 4 among its 4");
  CHECK_ERROR(file.rows<float>({-1}), "there is no row -1");
  save_npy(path, Array<float>({}, {1}));
  CHECK_ERROR(read_npy(path).rows<float>({0}), "it holds one number, and no rows");
  write_text(path, npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }", "1234"));
  CHECK_ERROR(read_npy(path).rows<float>({0}), "numpy.ascontiguousarray(x)");
}

TEST_CASE("what is no .npy file, or not a whole one, is refused") {
  CHECK(contains(refusal(""), "it is no .npy file, or a truncated one of 0 bytes"));
  CHECK(contains(refusal("\x89PNG\r\n\x1a\n and more"), "it is no .npy file"));
  CHECK(contains(refusal(npy(one_float, "1234", 4)), "version 4.0"));
  CHECK(contains(refusal(npy(one_float, "123")), "1 values of 4 bytes, but 3 bytes follow: it is truncated"));
  CHECK(contains(refusal(npy(one_float, "123456")), "but 6 bytes follow"));
  CHECK(contains(refusal(npy(one_float, "12345678")), "no single array"));
  const auto shaped = [](const std::string& shape) {
    return npy("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}", "1234");
  };
  CHECK(contains(refusal(shaped("(2000000000, 2000000000)")), "it is truncated"));  // before memory is asked for
  CHECK(contains(refusal(shaped("(2000000000, 2000000000, 2000000000)")), "more elements than can be counted"));
  CHECK(contains(refusal(shaped("(4294967297,)")), "31 bits"));
  CHECK(contains(refusal(shaped("(99999999999999999999,)")), "an extent should stand"));
  CHECK(contains(refusal(shaped("(-1,)")), "an extent should stand"));
  CHECK(contains(refusal(shaped("(1,1,1,1,1,1,1,1,1)")), "at most 8 axes"));
  CHECK(contains(refusal(shaped("1")), "( should stand"));
  CHECK(contains(refusal(shaped("(1,), 'shapes': (1,)")), "the key \"shapes\", which the format does not know"));
  CHECK(contains(refusal(shaped("(1,), 'shape': (1,)")), "the key \"shape\", which the format does not know, or one"));
  const std::string hostile =
      refusal(npy("{'descr': '\x1b[31m" + std::string(300, 'f') + "', 'fortran_order': False, 'shape': (1,)}", "1234"));
  CHECK(contains(hostile, "it holds \"\\x1b[31mfff"));
  CHECK(contains(hostile, "fff\"..., and"));
  CHECK(contains(refusal(npy("{'descr': '<f4', 'shape': (1,)}", "1234")), "lacks descr, fortran_order or shape"));
  CHECK(contains(refusal(npy("{'descr': '<f4}", "1234")), "a closing quote should stand 4 bytes before its end"));
  CHECK(contains(refusal(npy(one_float + "x", "1234")), "nothing more should stand 1 bytes before its end"));
}

TEST_CASE("a .npy file that is missing, or no file, is refused") {
  const TemporaryFolder folder;
  CHECK_ERROR(ebb::load_npy<float>(folder.path + "/x.npy"), "No such file or directory");
  CHECK_ERROR(ebb::load_npy<float>(folder.path), "it is a folder");
  CHECK_ERROR(ebb::load_npy<float>("/dev/zero"), "it is no regular file");
}

TEST_CASE("a file that ends before its size says so") {
  const std::string short_of_its_size = "/sys/devices/system/cpu/online";  // "0-1", in a page of memory
  if (!std::filesystem::exists(short_of_its_size)) return;
  CHECK_ERROR(ebb::load_npy<float>(short_of_its_size), "it ended where");
}

TEST_CASE("cut off anywhere, a .npy file is refused, and with any bit flipped it is read or refused") {
  const std::string whole = npy(one_float, bytes_of<float>({7}));
  CHECK(loaded(whole).item() == 7);
  for (std::size_t length = 0; length < whole.size(); ++length) refusal(whole.substr(0, length));
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.npy";
  int read = 0;
  for (std::size_t bit = 0; bit < 8 * (whole.size() - 4); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    write_text(path, damaged);
    try {
      std::string x = bytes_of(ebb::load_npy<float>(path).to_vector());
      if (contains(damaged, "'>f4'")) std::reverse(x.begin(), x.end());
      CHECK(x == damaged.substr(whole.size() - 4));
      ++read;
    } catch (const ebb::Error&) {
    }
  }
  CHECK(read < 100);  // a quote may become another, a space another kind of space; little else may pass
}

TEST_CASE("save_npy says what it cannot write, and leaves what was there") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.npy";
  const Array<float> x({1000}, 1.0F);
  CHECK_ERROR(save_npy(folder.path + "/none/x.npy", x),
              "save_npy() cannot write '" + folder.path + "/none/x.npy': No such file or directory");
  CHECK_ERROR(save_npy("/dev/full", x), "No space left on device");
  CHECK_ERROR(save_npy(path, Array<float>()), "undefined");
  CHECK(folder.names().empty());
  write_text(path, "before");
  {
    const FileSizeLimit limit(1000);
    CHECK_ERROR(save_npy(path, x), "File too large");
  }
  CHECK(text_of(path) == "before");
  CHECK(folder.names() == std::set<std::string>{"x.npy"});
}

#ifdef EBB_NEGATE
TEST_CASE("NumPy reads what save_npy writes, and load_npy what NumPy writes") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/x.npy", result = folder.path + "/y.npy";
  const Array<double> x({2, 3}, {1, 2, 3, 4, 5, 0.1});
  save_npy(path, x);
  if (!negated_by_python(path, result)) {
    MESSAGE("not tried: there is no NumPy here");
    return;
  }
  CHECK(contains(text_of(result), "'fortran_order': True"));
  CHECK(ebb::load_npy<double>(result).shape() == x.shape());
  CHECK(ebb::load_npy<double>(result).to_vector() == std::vector<double>{-1, -2, -3, -4, -5, -0.1});
  save_npy(path, IntArray({}, {7}));
  CHECK(negated_by_python(path, result));
  CHECK(ebb::load_npy<std::int32_t>(result).item() == -7);
}
#endif

TEST_CASE("a file of .npy prints its shape and type") {
  const TemporaryFolder folder;
  save_npy(folder.path + "/x.npy", ebb::zeros<float>({2, 3}));
  CHECK(to_string(read_npy(folder.path + "/x.npy")) == "Npy[2, 3] of <f4");
}
