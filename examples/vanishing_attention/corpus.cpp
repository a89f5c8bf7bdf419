#include "corpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
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
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  if (!in.good() && !in.eof()) throw std::runtime_error(fmt::format("cannot read '{}'", path.string()));
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

/// How many bytes the UTF-8 sequence at `at` has; 0 if it is not valid.
std::size_t sequence_length(const std::string& bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = byte(at);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || at + length > bytes.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  return length;
}

/// The code points, one string each; empty if the bytes are not valid UTF-8.
std::vector<std::string> code_points(const std::string& bytes) {
  std::vector<std::string> points;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = sequence_length(bytes, at);
    if (length == 0) return {};
    points.push_back(bytes.substr(at, length));
    at += length;
  }
  return points;
}

std::vector<std::string> single_bytes(const std::string& bytes) {
  std::vector<std::string> result;
  for (char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    result.push_back(value < 0x80 ? std::string(1, byte) : fmt::format("\\x{:02x}", value));
  }
  return result;
}

}  // namespace

Corpus read_corpus(const std::string& path, int context) {
  Corpus corpus;
  corpus.name = path.empty() ? fmt::format("the licence texts in {}", licence_folder.string()) : path;
  const std::string bytes = path.empty() ? read_licences() : read_file(path);
  if (bytes.empty()) throw std::runtime_error(fmt::format("'{}' is empty; there is nothing to learn from", path));

  std::vector<std::string> sequence = code_points(bytes);
  if (sequence.empty() || std::set<std::string>(sequence.begin(), sequence.end()).size() > most_characters)
    sequence = single_bytes(bytes);

  std::map<std::string, std::int32_t> number;
  for (const std::string& character : sequence) number[character];
  for (auto& [character, n] : number) {
    n = static_cast<std::int32_t>(corpus.characters.size());
    corpus.characters.push_back(character);
  }
  if (number.size() < 2)
    throw std::runtime_error(
        fmt::format("'{}' holds one character only, {} times; there is nothing to predict", path, sequence.size()));

  const std::size_t total = sequence.size();
  for (std::size_t stretch = 0; stretch < stretches; ++stretch) {
    const std::size_t first = total * stretch / stretches, last = total * (stretch + 1) / stretches;
    for (std::size_t i = first; i < last; ++i)
      ((i - first) * 10 < (last - first) * 9 ? corpus.train : corpus.held_out).push_back(number[sequence[i]]);
  }
  const std::size_t needed = static_cast<std::size_t>(context) + 1;
  if (corpus.held_out.size() < needed)
    throw std::runtime_error(fmt::format(
        "{} has {} characters, of which {} are held out: too few for a context of {}; take a longer text (at least {} "
        "characters) or a shorter --context",
        corpus.name, total, corpus.held_out.size(), context, needed * 10 + 10));
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
