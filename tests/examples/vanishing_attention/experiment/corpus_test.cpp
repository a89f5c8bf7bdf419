#include <experiment/corpus.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

namespace {

Corpus read(const std::string& bytes, int context = 1) {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/text";
  std::ofstream(path, std::ios::binary) << bytes;
  return read_corpus(path, context);
}

std::string utf8(int code_point) {  // of two or three bytes
  const auto tail = [](int bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (code_point < 0x800) return {static_cast<char>(0xC0 | code_point >> 6), tail(code_point)};
  return {static_cast<char>(0xE0 | code_point >> 12), tail(code_point >> 6), tail(code_point)};
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

/// So many different characters, each one once.
std::string alphabet(int size) {
  std::string text;
  for (int i = 0; i < size; ++i) text += utf8(0x100 + i);
  return text;
}

}  // namespace

TEST_CASE("valid UTF-8 is taken by code point") {
  const Corpus corpus = read(repeated("aé€😀", 30));
  CHECK(corpus.characters == std::vector<std::string>{"a", "é", "€", "😀"});
  CHECK(corpus.train.values().size() + corpus.held_out.size() == 120);
  CHECK(std::ranges::equal(corpus.train.values().first(5), std::vector{0, 1, 2, 3, 0}));
}

TEST_CASE("what is no UTF-8 is taken by byte") {
  const std::vector<std::string> invalid{
      "ab\xff",          // no lead byte
      "ab\x80",          // a continuation by itself
      "ab\xc3",          // cut off by the next character
      "ab\xc0\xaf",      // "/" in two bytes
      "ab\xe0\x80\xaf",  // in three
      "ab\xed\xa0\x80",  // a surrogate
      "ab\xf4\x90\x80\x80",
      "ab\xf8\x88\x80\x80\x80",
  };
  for (const std::string& bytes : invalid) {
    CAPTURE(bytes);
    const Corpus corpus = read(repeated(bytes, 40));
    CHECK(corpus.train.values().size() + corpus.held_out.size() == 40 * bytes.size());
    CHECK(corpus.characters[0] == "a");
    CHECK(corpus.characters[2].starts_with("\\x"));
  }
  CHECK(read(repeated("a", 100) + "\xc3").characters == std::vector<std::string>{"a", "\\xc3"});  // cut off by the end
}

TEST_CASE("UTF-8 at the borders of its lengths and ranges is valid") {
  const std::string border = "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
  CHECK(read(repeated(border, 20)).characters.size() == 8);
}

TEST_CASE("binary text with zero bytes is taken by byte, all 256 of them") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const Corpus corpus = read(repeated(bytes, 3));
  REQUIRE(corpus.characters.size() == 256);
  CHECK(corpus.characters[0] == std::string(1, '\0'));
  CHECK(corpus.characters[0x41] == "A");
  CHECK(corpus.characters[0xff] == "\\xff");
  CHECK(corpus.train.values().size() + corpus.held_out.size() == 768);
  for (std::size_t i = 0; i < 60; ++i) CHECK(corpus.train.values()[i] == static_cast<int>(i));
}

TEST_CASE("1024 different characters are taken by code point, more by byte") {
  CHECK(read(alphabet(1024)).characters.size() == 1024);
  const Corpus by_byte = read(alphabet(1025));
  CHECK(by_byte.characters.size() <= 256);
  CHECK(by_byte.train.values().size() + by_byte.held_out.size() == 2050);
}

TEST_CASE("the last tenth of each of ten stretches is held out, and nothing is lost") {
  for (const int size : {100, 1000, 1003, 777}) {
    CAPTURE(size);
    const Corpus corpus = read(alphabet(size), 0);  // character i stands at place i
    std::vector<std::int32_t> all = corpus.train.to_vector();
    all.insert(all.end(), corpus.held_out.begin(), corpus.held_out.end());
    std::sort(all.begin(), all.end());
    std::vector<std::int32_t> places(static_cast<std::size_t>(size));
    std::iota(places.begin(), places.end(), 0);
    CHECK(all == places);
    CHECK(std::ranges::is_sorted(corpus.train.values()));
    CHECK(std::is_sorted(corpus.held_out.begin(), corpus.held_out.end()));
  }
  const Corpus corpus = read(alphabet(100));
  CHECK(corpus.held_out == std::vector<std::int32_t>{9, 19, 29, 39, 49, 59, 69, 79, 89, 99});
}

TEST_CASE("a corpus is named after its file, or after the licences") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/text";
  std::ofstream(path) << repeated("ab", 100);
  CHECK(read_corpus(path, 8).name == path);
  if (!std::filesystem::is_directory("/usr/share/common-licenses")) return;
  const Corpus licences = read_corpus("", 32);
  CHECK(contains(licences.name, "/usr/share/common-licenses"));
  CHECK(licences.train.size() > 100000);
}

TEST_CASE("a text that cannot be used is refused, and the message says why") {
  const TemporaryFolder folder;
  CHECK_EXCEPTION(read_corpus(folder.path + "/missing", 8), "there is no file '");
  CHECK_EXCEPTION(read_corpus(folder.path, 8), "is a directory; --text takes one file");
  CHECK_EXCEPTION(read_corpus("/dev/null", 8), "is not a regular file; --text takes one file");
  CHECK_EXCEPTION(read_corpus("/proc/self/mem", 8), "cannot read '/proc/self/mem'");
  CHECK_EXCEPTION(read(""), "is empty; there is nothing to learn from");
  CHECK_EXCEPTION(read("x"), "holds one character only, 1 times; there is nothing to predict");
  CHECK_EXCEPTION(read(repeated("é", 500)), "holds one character only, 500 times");
}

TEST_CASE("a text too short for the context is refused, and the length it names is enough") {
  CHECK_EXCEPTION(read(repeated("ab", 50), 32),
                  "has 100 characters, of which 10 are held out: too few for a context of 32",
                  "at least 400 characters");
  CHECK(read(repeated("ab", 200), 32).held_out.size() >= 33);
  CHECK_EXCEPTION(read(repeated("ab", 160), 32), "too few for a context of 32");
  for (int context = 1; context < 40; ++context) {
    CAPTURE(context);
    const std::string message = error_of<std::exception>([&] { read("ab", context); });
    const std::string enough = message.substr(message.find("(at least ") + 10);
    CHECK_NOTHROW(read(repeated("a", std::stoi(enough) - 1) + "b", context));
  }
}

TEST_CASE("the baselines are those counted by hand") {
  Corpus corpus;
  corpus.characters = {"a", "b"};
  corpus.train = ebb::IntArray({4}, {0, 0, 1, 0});
  corpus.held_out = {0, 1, 1, 0};
  // Unigrams: (3 + 1) / 6 and (1 + 1) / 6. b, b, a follow.
  const Baselines baselines = count_baselines(corpus);
  CHECK(baselines.unigram == doctest::Approx((2 * std::log2(3.0) + std::log2(1.5)) / 3).epsilon(1e-12));
  // Bigrams: p(b|a) = (1 + 2/3) / (2 + 2), p(b|b) = (0 + 1/3) / (1 + 1), p(a|b) = (1 + 2/3) / (1 + 1).
  const double by_hand = -(std::log2(5.0 / 12) + std::log2(1.0 / 6) + std::log2(5.0 / 6)) / 3;
  CHECK(baselines.bigram == doctest::Approx(by_hand).epsilon(1e-12));
}

TEST_CASE("after a character that training never saw, the bigram entropy falls back to the unigrams") {
  Corpus corpus;
  corpus.characters = {"a", "b", "c"};
  corpus.train = ebb::IntArray({3}, {0, 0, 1});
  corpus.held_out = {2, 0};
  const Baselines baselines = count_baselines(corpus);  // p(a) = (2 + 1) / 6
  CHECK(baselines.unigram == doctest::Approx(1));
  CHECK(baselines.bigram == doctest::Approx(1));
}

TEST_CASE("a fingerprint tells texts apart, also those that count the same") {
  const std::string text = repeated("aabab", 40);
  CHECK(fingerprint(read(text)) == fingerprint(read(text)));
  std::string other = text;
  std::swap(other[1], other[2]);
  CHECK(fingerprint(read(other)) != fingerprint(read(text)));
  CHECK(fingerprint(read(repeated("ccdcd", 40))) != fingerprint(read(text)));
  CHECK(fingerprint(read(text + "a")) != fingerprint(read(text)));
}
