#include <ebb/ebb.hpp>

#include "arguments.hpp"
#include "measure.hpp"
#include "works.hpp"

void attention(std::span<char*> given) {
  const Arguments a("attn", given, {{"T", 1024}, {"B", 1}, {"H", 8}, {"d", 64}, {"steps", 5}});
  ebb::Generator generator(1);
  const auto random = [&] { return ebb::normal<float>({a["B"], a["H"], a["T"], a["d"]}, generator.next()); };
  const auto q_value = random(), k_value = random(), v_value = random(), cotangent = random();
  std::vector<double> both, forward;
  for (long step = 0; step < a["steps"] + 1; ++step) {
    ebb::Tape<float> tape;
    const auto q = tape.watch(q_value), k = tape.watch(k_value), v = tape.watch(v_value);
    const double start = now();
    const auto y = scaled_dot_product_attention(q, k, v, {.causal = true});
    const double middle = now();
    const auto gradients = grad(y, {q, k, v}, {.cotangent = cotangent});
    if (step == 0) continue;  // the first one fills the memory pool
    both.push_back(now() - start);
    forward.push_back(middle - start);
  }
  print_line("attn", {{"T", a["T"]},
                      {"ms", rounded(median(both) * 1e3, 2)},
                      {"fwd_ms", rounded(median(forward) * 1e3, 2)},
                      {"rss_mb", peak_memory_mb()}});
}
