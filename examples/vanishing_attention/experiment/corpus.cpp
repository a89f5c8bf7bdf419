#include "corpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <span>
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
  std::string bytes;
  if (fs::is_regular_file(path))
    bytes.reserve(fs::file_size(path));  // a string that grows by itself takes twice as much
  std::array<char, 1 << 16> part;
  while (in.read(part.data(), part.size()) || in.gcount() > 0)
    bytes.append(part.data(), static_cast<std::size_t>(in.gcount()));
  if (!in.is_open() || in.bad()) throw std::runtime_error(fmt::format("cannot read '{}'", path.string()));
  return bytes;
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

/// The distinct symbols of a text, code points or bytes, with the spelling of each, and how many there are in all.
struct Symbols {
  bool are_bytes = false;
  std::map<char32_t, std::string> written;
  std::size_t total = 0;
};

/// Calls `take` with each symbol of a text, one after the other. They are read twice rather than kept, since a list of
/// them would take several times the memory of the text.
template <class Take>
void for_each_symbol(const std::string& bytes, bool are_bytes, Take take) {
  for (std::size_t position = 0; position < bytes.size();)
    if (are_bytes)
      take(char32_t{static_cast<unsigned char>(bytes[position++])});
    else
      take(*read_code_point(bytes, position));
}

/// Returns nothing if the bytes are not valid UTF-8, or hold too many distinct code points.
std::optional<Symbols> code_points_of(const std::string& bytes) {
  Symbols symbols;
  for (std::size_t position = 0; position < bytes.size(); ++symbols.total) {
    const std::size_t from = position;
    const auto point = read_code_point(bytes, position);
    if (!point) return std::nullopt;
    symbols.written.try_emplace(*point, bytes, from, position - from);
    if (symbols.written.size() > most_characters) return std::nullopt;
  }
  return symbols;
}

Symbols bytes_of(const std::string& bytes) {
  Symbols symbols;
  symbols.are_bytes = true;
  symbols.total = bytes.size();
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    symbols.written.try_emplace(byte, byte < 0x80 ? std::string(1, c) : fmt::format("\\x{:02x}", byte));
  }
  return symbols;
}

/// The place where one of the ten stretches of a text begins; that of the one behind the last is the end.
std::size_t start_of(std::size_t stretch, std::size_t total) { return total * stretch / stretches; }

/// The number of characters at the start of a stretch that are to train on.
std::size_t trained_of(std::size_t stretch, std::size_t total) {
  const std::size_t length = start_of(stretch + 1, total) - start_of(stretch, total);
  return length - length / 10;
}

void number_symbols(const std::string& bytes, const Symbols& symbols, Corpus& corpus) {
  std::map<char32_t, std::int32_t> number;
  for (const auto& [symbol, written] : symbols.written) {
    number[symbol] = static_cast<std::int32_t>(corpus.characters.size());
    corpus.characters.push_back(written);
  }
  std::size_t trained = 0;
  for (std::size_t stretch = 0; stretch < stretches; ++stretch) trained += trained_of(stretch, symbols.total);
  corpus.train = ebb::IntArray(ebb::Shape(trained));
  corpus.held_out.reserve(symbols.total - trained);
  std::int32_t* train = corpus.train.mutable_data();
  std::size_t place = 0, stretch = 0;
  for_each_symbol(bytes, symbols.are_bytes, [&](char32_t symbol) {
    while (place == start_of(stretch + 1, symbols.total)) ++stretch;
    if (place++ < start_of(stretch, symbols.total) + trained_of(stretch, symbols.total))
      *train++ = number[symbol];
    else
      corpus.held_out.push_back(number[symbol]);
  });
}

}  // namespace

Corpus read_corpus(const std::string& path, int context) {
  Corpus corpus;
  corpus.name = path.empty() ? fmt::format("the licence texts in {}", licence_folder.string()) : path;
  const std::string bytes = path.empty() ? read_licences() : read_file(path);
  if (bytes.empty())
    throw std::runtime_error(fmt::format("'{}' is empty; there is nothing to learn from", corpus.name));

  std::optional<Symbols> valid = code_points_of(bytes);
  const Symbols symbols = valid ? *std::move(valid) : bytes_of(bytes);
  if (symbols.written.size() < 2)
    throw std::runtime_error(fmt::format("'{}' holds one character only, {} times; there is nothing to predict",
                                         corpus.name, symbols.total));
  number_symbols(bytes, symbols, corpus);
  const std::size_t needed = static_cast<std::size_t>(context) + 1;
  if (corpus.held_out.size() < needed)
    throw std::runtime_error(fmt::format(
        "'{}' has {} characters, of which {} are held out: too few for a context of {}; take a longer text "
        "(at least {} characters) or a shorter --context",
        corpus.name, symbols.total, corpus.held_out.size(), context, (needed + stretches - 1) / stretches * 100));
  return corpus;
}

std::uint64_t fingerprint(const Corpus& corpus) {
  std::uint64_t hash = 14695981039346656037U;
  const auto add = [&](auto number) { hash = (hash ^ static_cast<std::uint32_t>(number)) * 1099511628211U; };
  for (const std::string& character : corpus.characters) std::for_each(character.begin(), character.end(), add);
  for (const std::int32_t id : corpus.train.values()) add(id);
  for (const std::int32_t id : corpus.held_out) add(id);
  return hash;
}

Baselines count_baselines(const Corpus& corpus) {
  const std::size_t distinct = corpus.characters.size();
  const std::span<const std::int32_t> train = corpus.train.values();
  std::vector<double> count(distinct, 1.0);
  std::vector<std::map<std::int32_t, double>> successors(distinct);
  for (std::size_t i = 0; i < train.size(); ++i) {
    count[static_cast<std::size_t>(train[i])] += 1;
    if (i > 0) successors[static_cast<std::size_t>(train[i - 1])][train[i]] += 1;
  }
  const double total = static_cast<double>(train.size() + distinct);
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
