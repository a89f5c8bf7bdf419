#include "corpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

namespace vanishing_attention {

namespace {

namespace fs = std::filesystem;

const fs::path licence_folder = "/usr/share/common-licenses";
constexpr std::size_t most_characters = 1024;  // beyond that, the embedding would outweigh the model
constexpr std::size_t stretches = 10;

std::string read_file(const fs::path& path) {
  if (!fs::exists(path)) throw std::runtime_error(fmt::format("there is no file '{}'", path.string()));
  if (!fs::is_regular_file(path) && !fs::is_fifo(path))
    throw std::runtime_error(fmt::format("'{}' is {}; --text takes one file", path.string(),
                                         fs::is_directory(path) ? "a directory" : "not a regular file"));
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  if (in.peek() != std::ifstream::traits_type::eof()) bytes << in.rdbuf();
  if (!in.is_open() || in.bad() || bytes.fail())
    throw std::runtime_error(fmt::format("cannot read '{}'", path.string()));
  return std::move(bytes).str();
}

std::string read_licences() {
  std::set<fs::path> files;  // in the order of their names
  if (fs::is_directory(licence_folder))
    for (const auto& entry : fs::directory_iterator(licence_folder))
      if (entry.is_regular_file() && !entry.is_symlink()) files.insert(entry.path());
  if (files.empty())
    throw std::runtime_error(fmt::format("the default text, the licences in {}, is not there; give a file with --text",
                                         licence_folder.string()));
  std::string all;
  for (const auto& file : files) all += read_file(file);
  return all;
}

/// A text as a sequence of code points or bytes, with the spelling of each.
struct Symbols {
  std::vector<char32_t> sequence;
  std::map<char32_t, std::string> written;
};

/// Reads the code point that begins at `position`, and moves `position` behind it. Returns nothing if the bytes there
/// are not valid UTF-8: RFC 3629 allows neither surrogates nor forms that are longer than needed.
std::optional<char32_t> read_code_point(const std::string& bytes, std::size_t& position) {
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};  // by length
  const auto lead = static_cast<unsigned char>(bytes[position]);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC0 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF8 ? 4
                                           : 0;
  if (length == 0 || position + length > bytes.size()) return std::nullopt;
  char32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(bytes[position + i]);
    if ((next & 0xC0) != 0x80) return std::nullopt;
    point = point << 6 | (next & 0x3Fu);
  }
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < smallest[length] || point > 0x10FFFF || surrogate) return std::nullopt;
  position += length;
  return point;
}

/// Returns nothing if the bytes are not valid UTF-8, or hold too many distinct code points.
std::optional<Symbols> by_code_point(const std::string& bytes) {
  Symbols symbols;
  for (std::size_t position = 0; position < bytes.size();) {
    const std::size_t from = position;
    const auto point = read_code_point(bytes, position);
    if (!point) return std::nullopt;
    symbols.sequence.push_back(*point);
    symbols.written.try_emplace(*point, bytes, from, position - from);
    if (symbols.written.size() > most_characters) return std::nullopt;
  }
  return symbols;
}

Symbols by_byte(const std::string& bytes) {
  Symbols symbols;
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    symbols.sequence.push_back(byte);
    symbols.written.try_emplace(byte, byte < 0x80 ? std::string(1, c) : fmt::format("\\x{:02x}", byte));
  }
  return symbols;
}

}  // namespace

Corpus read_corpus(const std::string& path, int context) {
  Corpus corpus;
  corpus.name = path.empty() ? fmt::format("the licence texts in {}", licence_folder.string()) : path;
  const std::string bytes = path.empty() ? read_licences() : read_file(path);
  if (bytes.empty())
    throw std::runtime_error(fmt::format("'{}' is empty; there is nothing to learn from", corpus.name));

  std::optional<Symbols> valid = by_code_point(bytes);
  const Symbols symbols = valid ? *std::move(valid) : by_byte(bytes);
  const std::size_t total = symbols.sequence.size();
  if (symbols.written.size() < 2)
    throw std::runtime_error(
        fmt::format("'{}' holds one character only, {} times; there is nothing to predict", corpus.name, total));

  std::map<char32_t, std::int32_t> number;
  for (const auto& [symbol, written] : symbols.written) {
    number[symbol] = static_cast<std::int32_t>(corpus.characters.size());
    corpus.characters.push_back(written);
  }
  for (std::size_t stretch = 0; stretch < stretches; ++stretch) {
    const std::size_t first = total * stretch / stretches, last = total * (stretch + 1) / stretches;
    for (std::size_t i = first; i < last; ++i)
      ((i - first) * 10 < (last - first) * 9 ? corpus.train : corpus.held_out).push_back(number[symbols.sequence[i]]);
  }
  const std::size_t needed = static_cast<std::size_t>(context) + 1;
  if (corpus.held_out.size() < needed)
    throw std::runtime_error(
        fmt::format("'{}' has {} characters, of which {} are held out: too few for a context of {}; take a longer text "
                    "(at least {} characters) or a shorter --context",
                    corpus.name, total, corpus.held_out.size(), context, (needed + stretches - 1) / stretches * 100));
  return corpus;
}

Baselines count_baselines(const Corpus& corpus) {
  const std::size_t distinct = corpus.characters.size();
  std::vector<double> count(distinct, 1.0);
  std::vector<std::map<std::int32_t, double>> successors(distinct);
  for (std::size_t i = 0; i < corpus.train.size(); ++i) {
    count[static_cast<std::size_t>(corpus.train[i])] += 1;
    if (i > 0) successors[static_cast<std::size_t>(corpus.train[i - 1])][corpus.train[i]] += 1;
  }
  const double total = static_cast<double>(corpus.train.size() + distinct);
  std::vector<double> seen(distinct, 0.0);  // how often a character had a successor
  for (std::size_t a = 0; a < distinct; ++a)
    for (const auto& [b, n] : successors[a]) seen[a] += n;

  double unigram_bits = 0, bigram_bits = 0;
  for (std::size_t i = 1; i < corpus.held_out.size(); ++i) {
    const auto a = static_cast<std::size_t>(corpus.held_out[i - 1]);
    const double unigram = count[static_cast<std::size_t>(corpus.held_out[i])] / total;
    const auto found = successors[a].find(corpus.held_out[i]);
    const double times = found != successors[a].end() ? found->second : 0;
    const double kinds = static_cast<double>(successors[a].size());
    const double bigram = seen[a] > 0 ? (times + kinds * unigram) / (seen[a] + kinds) : unigram;
    unigram_bits -= std::log2(unigram);
    bigram_bits -= std::log2(bigram);
  }
  const double predicted = static_cast<double>(corpus.held_out.size() - 1);
  return {unigram_bits / predicted, bigram_bits / predicted};
}

}  // namespace vanishing_attention
