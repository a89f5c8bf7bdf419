#include "saved_run.hpp"

#include <algorithm>
#include <ebb/autograd/base/error.hpp>
#include <type_traits>

namespace vanishing_attention {

namespace {

void require(bool fits, const char* field) {
  if (!fits) throw ebb::Error(std::string("its ") + field + " are not those of a run");
}

template <class Line>
std::vector<double> numbers_of(const std::vector<Line>& table) {
  std::vector<double> numbers;
  for (const Line& line : table)
    std::apply([&](const auto&... x) { (numbers.push_back(static_cast<double>(x)), ...); }, Line::numbers(line));
  return numbers;
}

template <class Line>
std::vector<Line> table_of(const std::vector<double>& numbers, const char* field) {
  constexpr std::size_t columns = std::tuple_size_v<decltype(Line::numbers(std::declval<Line&>()))>;
  require(numbers.size() % columns == 0, field);
  std::vector<Line> table(numbers.size() / columns);
  auto next = numbers.begin();
  for (Line& line : table)
    std::apply([&](auto&... x) { ((x = static_cast<std::remove_reference_t<decltype(x)>>(*next++)), ...); },
               Line::numbers(line));
  return table;
}

}  // namespace

SavedRun::SavedRun(const Run& run)
    : variant_(run.variant),
      seed_(run.seed),
      steps_(numbers_of(run.steps)),
      gradients_(numbers_of(run.gradients)),
      clipping_(numbers_of(run.clipping)),
      attention_(numbers_of(run.attention)),
      seconds_(run.seconds),
      tokens_per_second_(run.tokens_per_second),
      finished_(run.finished),
      error_(run.error) {
  for (const LayerGradient& g : run.gradients) kinds_.append(g.kind);
  for (const AttentionMap& map : run.attention) {
    weights_.insert(weights_.end(), map.weights.begin(), map.weights.end());
    for (const std::string& token : map.tokens) tokens_.append(token);
  }
}

Run SavedRun::run() const {
  Run run;
  run.variant = variant_;
  run.seed = seed_;
  run.steps = table_of<StepMetrics>(steps_, "steps");
  run.clipping = table_of<ClippingEffect>(clipping_, "effects of clipping");
  run.seconds = seconds_;
  run.tokens_per_second = tokens_per_second_;
  run.finished = finished_;
  run.error = error_;

  run.gradients = table_of<LayerGradient>(gradients_, "gradients");
  const std::vector<std::string> kinds = kinds_.split();
  require(kinds.size() == run.gradients.size(), "kinds of gradients");
  for (std::size_t i = 0; i < kinds.size(); ++i) run.gradients[i].kind = kinds[i];

  run.attention = table_of<AttentionMap>(attention_, "attention maps");
  const std::vector<std::string> tokens = tokens_.split();
  auto token = tokens.begin();
  auto weight = weights_.begin();
  for (AttentionMap& map : run.attention) {
    require(map.size >= 0 && tokens.end() - token >= map.size &&
                (weights_.end() - weight) / std::max(map.size, 1) >= map.size,
            "attention maps");
    map.tokens.assign(token, token + map.size);
    token += map.size;
    for (int i = 0; i < map.size * map.size; ++i) map.weights.push_back(static_cast<float>(*weight++));
  }
  require(token == tokens.end() && weight == weights_.end(), "attention maps");
  return run;
}

void SavedRun::Texts::append(const std::string& text) {
  joined += text;
  lengths.push_back(static_cast<double>(text.size()));
}

std::vector<std::string> SavedRun::Texts::split() const {
  std::vector<std::string> texts;
  std::size_t from = 0;
  for (const double length : lengths) {
    require(length >= 0 && length <= static_cast<double>(joined.size() - from), "texts");
    texts.push_back(joined.substr(from, static_cast<std::size_t>(length)));
    from += texts.back().size();
  }
  require(from == joined.size(), "texts");
  return texts;
}

}  // namespace vanishing_attention
