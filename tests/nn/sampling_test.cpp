#include <cmath>
#include <map>
#include <set>

#include "support/check.hpp"

using namespace ebb_test;

namespace {

std::map<std::int32_t, double> shares(const Tensor<double>& logits, nn::SamplingOptions options, Index draws = 20'000) {
  std::map<std::int32_t, double> counts;
  const IntArray drawn = nn::sample(expand(logits, {draws, logits.extent(-1)}), Key{1}, options);
  for (std::int32_t id : drawn.values()) counts[id] += 1 / static_cast<double>(draws);
  return counts;
}

const double inf = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("classes are drawn with the probabilities of softmax, at any temperature") {
  const Tensor<double> logits = log(Tensor<double>({4}, {0.5, 0.3, 0.2, 0}));
  auto drawn = shares(logits, {});
  CHECK(drawn[0] == Approx(0.5).epsilon(0.02));
  CHECK(drawn[1] == Approx(0.3).epsilon(0.03));
  CHECK(drawn.count(3) == 0);
  drawn = shares(logits, {.temperature = 0.5});  // squares, normalised
  CHECK(drawn[0] == Approx(0.25 / 0.38).epsilon(0.02));
  CHECK(shares(logits, {.temperature = 1e-3})[0] == Approx(1));
  CHECK(shares(logits, {.temperature = 1e9})[3] == 0);
}

TEST_CASE("top k and top p leave the likeliest classes, in their proportions") {
  const Tensor<double> logits = log(Tensor<double>({4}, {0.1, 0.4, 0.3, 0.2}));
  auto drawn = shares(logits, {.top_k = 2});
  CHECK(drawn.size() == 2);
  CHECK(drawn[1] == Approx(4.0 / 7).epsilon(0.02));
  drawn = shares(logits, {.top_p = 0.6});
  CHECK(drawn.size() == 2);
  drawn = shares(logits, {.top_p = 0.75});
  CHECK(drawn.size() == 3);
  CHECK(shares(logits, {.top_k = 3, .top_p = 1e-9})[1] == Approx(1));
  CHECK(shares(logits, {.top_k = 100}).size() == 4);
  CHECK(shares(zeros<double>({3}), {.top_k = 1})[0] == Approx(1));  // of equal logits the first
}

TEST_CASE("the same key draws the same, for rows of any shape") {
  const Tensor<float> logits = normal<float>({2, 3, 50}, Key{4});
  const IntArray drawn = nn::sample(logits, Key{7});
  CHECK(drawn.shape() == Shape{2, 3});
  CHECK(nn::sample(logits, Key{7}).to_vector() == drawn.to_vector());
  CHECK(nn::sample(logits, Key{8}).to_vector() != drawn.to_vector());
}

TEST_CASE("what cannot be sampled is refused") {
  const Tensor<double> logits = zeros<double>({2, 3});
  CHECK_ERROR(nn::sample(logits, Key{1}, {.temperature = 0}), "temperature must be greater than 0, not 0", "argmax");
  CHECK_ERROR(nn::sample(logits, Key{1}, {.temperature = NAN}), "not nan");
  CHECK_ERROR(nn::sample(logits, Key{1}, {.top_k = -1}), "top_k cannot be -1");
  CHECK_ERROR(nn::sample(logits, Key{1}, {.top_p = 0}), "top_p must be greater than 0 and at most 1, not 0");
  CHECK_ERROR(nn::sample(zeros<double>({2, 0}), Key{1}), "[2, 0]");
  CHECK_ERROR(nn::sample(full<double>({1, 2}, -inf), Key{1}), "row 0 of the logits has no largest finite one");
  CHECK_ERROR(nn::sample(Tensor<double>({1, 2}, {1, NAN}), Key{1}), "row 0");
  CHECK_ERROR(nn::sample(Tensor<double>({1, 2}, {1, inf}), Key{1}), "row 0");
}

TEST_CASE("a beam search finds the likeliest sequence, where greed does not") {
  // After 0 the classes 1 (0.6) and 2 (0.4); after 1 all are alike; after 2 class 2 is sure.
  const std::function<Tensor<double>(const IntArray&)> logits = [](const IntArray& sequences) {
    std::vector<double> rows;
    for (Index i = 0; i < sequences.extent(0); ++i) {
      const std::int32_t last = sequences.at({i, sequences.extent(1) - 1});
      for (double p : last == 0   ? std::vector<double>{0, 0.6, 0.4}
                      : last == 1 ? std::vector<double>{1.0 / 3, 1.0 / 3, 1.0 / 3}
                                  : std::vector<double>{0, 0, 1})
        rows.push_back(std::log(p));
    }
    return Tensor<double>({sequences.extent(0), 3}, rows);
  };
  const auto found = nn::beam_search(logits, IntArray{0}, {.beams = 2, .length = 3});
  REQUIRE(found.size() == 2);
  CHECK(found[0].tokens == std::vector<std::int32_t>{2, 2, 2});
  CHECK(std::exp(found[0].log_probability) == Approx(0.4));
  CHECK(nn::beam_search(logits, IntArray{0}, {.beams = 1, .length = 3})[0].tokens[0] == 1);

  const auto ended = nn::beam_search(logits, IntArray{0}, {.beams = 3, .length = 5, .end = 2});
  CHECK(ended[0].tokens == std::vector<std::int32_t>{2});  // ends at once, with 0.4
  const auto longer = nn::beam_search(logits, IntArray{0}, {.beams = 9, .length = 3, .end = 2, .length_penalty = 4});
  CHECK(longer[0].tokens.size() == 3);
  CHECK_ERROR(nn::beam_search(logits, IntArray{0}, {.beams = 0}), "not 0, 1 and [1]");
  CHECK_ERROR(nn::beam_search(logits, IntArray(), {}), "1 and none");
  CHECK_ERROR(nn::beam_search(logits, IntArray{0}, {.length_penalty = NAN}), "must be finite, not nan");
  const std::function<Tensor<double>(const IntArray&)> lost = [](const IntArray&) { return full<double>({1, 3}, NAN); };
  CHECK_ERROR(nn::beam_search(lost, IntArray{0}, {}), "a logit is NaN");
  const std::function<Tensor<double>(const IntArray&)> wrong = [](const IntArray&) { return zeros<double>({5, 3}); };
  CHECK_ERROR(nn::beam_search(wrong, IntArray{0}, {}), "must be [1, classes], and have shape [5, 3]");
}
