#include <ebb/ebb.hpp>

#include "arguments.hpp"
#include "measure.hpp"
#include "works.hpp"

// Works whose derivatives touch little of what there is, and should cost no more than that.

namespace {

constexpr int rounds = 9;

/// The median time of f, in microseconds.
template <class F>
double microseconds(F f) {
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const double start = now();
    f();
    times.push_back(now() - start);
  }
  return median(times) * 1e6;
}

/// A gradient over one record at the end of a tape of n.
double at_the_end_of(long n) {
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::full<double>({}, 1));
  auto y = x;
  for (long i = 0; i < n; ++i) y = y + x;
  const auto z = square(y);
  return microseconds([&] { (void)grad(z, y); });
}

/// The gradient of n scalars that were cut out of one vector.
double of_parts(long n) {
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::full<double>({n}, 1));
  auto y = ebb::full<double>({1}, 0);
  for (const auto& part : split(x, n, 0)) y = y + part;
  return microseconds([&] { (void)grad(sum(y), x); });
}

/// A step in which `ids` of the `rows` of a table of this width were looked up.
template <class Optimizer>
double of_table(const auto& options, long rows, long width, long ids) {
  const ebb::Parameter<float> table(ebb::zeros<float>({rows, width}), "table");
  Optimizer optimizer(table, options);
  const ebb::IntArray chosen = ebb::uniform_integers({ids}, ebb::Key(1), 0, static_cast<std::int32_t>(rows));
  const auto step = [&] {
    {
      ebb::Tape<float> tape;
      tape.backward(sum(square(embedding(table, chosen) - 1)));
    }
    optimizer.step();
  };
  step();  // the running means get their memory in the first one
  return microseconds(step);
}

}  // namespace

void parts(std::span<char*> given) {
  const Arguments a("parts", given, {{"N", 100000}, {"n", 4096}, {"rows", 1000000}, {"width", 16}, {"ids", 256}});
  const long rows = a["rows"], width = a["width"], ids = a["ids"];
  print_line("parts",
             {{"grad_us_tape_100", rounded(at_the_end_of(100), 1)},
              {"grad_us_tape_N", rounded(at_the_end_of(a["N"]), 1)},
              {"split_ns_part", rounded(of_parts(a["n"]) * 1e3 / static_cast<double>(a["n"]), 0)},
              {"table_us_sgd", rounded(of_table<ebb::nn::SGD<float>>(ebb::nn::SGDOptions{}, rows, width, ids), 0)},
              {"table_us_lazy_adam",
               rounded(of_table<ebb::nn::Adam<float>>(ebb::nn::AdamOptions{.lazy = true}, rows, width, ids), 0)},
              {"table_us_adam", rounded(of_table<ebb::nn::Adam<float>>(ebb::nn::AdamOptions{}, rows, width, ids), 0)}});
}
