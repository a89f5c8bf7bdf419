// A table of a million rows, of which a step looks up a few: its gradient is of these rows alone, and so is the step,
// with SGD without momentum, Adagrad, and a lazy Adam. Ratings by users of films, as a recommender learns them.

#include <cmath>
#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

constexpr ebb::Index users = 1'000'000, films = 50, width = 4, batch = 256;

struct Model {
  explicit Model(ebb::Generator& random)
      : user(users, width, random, ebb::nn::Init::normal(0.5)),
        film(films, width, random, ebb::nn::Init::normal(0.5)) {}
  ebb::Tensor<float> operator()(const ebb::IntArray& who, const ebb::IntArray& what) const {
    return sum(user(who) * film(what), 1);
  }
  void visit(auto& field) const { field("user", user), field("film", film); }

  ebb::nn::Embedding<float> user, film;
};

}  // namespace

int main() {
  ebb::Generator random(1);
  const Model model(random), truth(random);
  ebb::nn::Adam<float> optimizer(model, {.lr = 0.05, .lazy = true});

  double first = 0, last = 0;
  std::size_t most = 0;
  for (int step = 0; step < 200; ++step) {
    // Few users rate much: those with low numbers.
    const ebb::IntArray who = ebb::uniform_integers({batch}, random.next(), 0, 100);
    const ebb::IntArray what = ebb::uniform_integers({batch}, random.next(), 0, films);
    const auto rating = truth(who, what);
    ebb::reset_peak_memory();
    const std::size_t before = ebb::memory_statistics().in_use;
    {
      ebb::Tape<float> tape;
      const auto loss = mean_squared_error(model(who, what), rating);
      tape.backward(loss);
      (step == 0 ? first : last) = loss.item();
    }
    optimizer.step();
    if (step > 0) most = std::max(most, ebb::memory_statistics().peak_in_use - before);
  }
  std::printf("loss %.3f, then %.3f; the most memory that a step took: %zu bytes\n", first, last, most);
  claim(last < first / 10, "the ratings are learnt");
  claim(most < sizeof(float) * users * width / 10, "no step took memory for the whole table");
}
