#include <ebb/ebb.hpp>

#include "arguments.hpp"
#include "measure.hpp"
#include "works.hpp"

namespace {

struct Product {
  const char* name;
  ebb::Index m, n, k;
  ebb::MatmulOptions options = {};
};

void measure(const Product& p, const Arguments& arguments) {
  const auto [m, n, k] = std::array{p.m, p.n, p.k};
  const bool ta = p.options.transpose_a, tb = p.options.transpose_b;
  const auto a = ebb::normal<float>(ta ? ebb::Shape{k, m} : ebb::Shape{m, k}, {1});
  const auto b = ebb::normal<float>(tb ? ebb::Shape{n, k} : ebb::Shape{k, n}, {2});
  std::vector<double> seconds, peaks;
  for (long step = 0; step < arguments["steps"]; ++step) {
    // In turn: under lasting load a core runs at a lower frequency than in a burst.
    peaks.push_back(fma_gflops(static_cast<int>(arguments["threads"])));
    const double start = now();
    const auto c = matmul(a, b, p.options);
    seconds.push_back(now() - start);
  }
  const double gflops = 2e-9 * static_cast<double>(m * n * k) / median(seconds);
  print_line("gemm", {{"product", p.name},
                      {"m", m},
                      {"n", n},
                      {"k", k},
                      {"us", rounded(median(seconds) * 1e6, 1)},
                      {"gflops", rounded(gflops, 1)},
                      {"fma_peak", rounded(median(peaks), 1)},
                      {"share_of_peak", rounded(gflops / median(peaks), 3)}});
}

}  // namespace

void gemm(std::span<char*> given) {
  const Arguments a("gemm", given, {{"m", 2048}, {"n", 384}, {"k", 384}, {"steps", 30}});
  const bool one = given.size() > 0 && std::any_of(given.begin(), given.end(), [](const char* argument) {
                     return argument[0] == 'm' || argument[0] == 'n' || argument[0] == 'k';
                   });
  if (one) return measure({"given", a["m"], a["n"], a["k"]}, a);
  const ebb::Index rows = 2048, width = 384, hidden = 4 * width, symbols = 256;
  const ebb::MatmulOptions data{.transpose_b = true}, weight{.transpose_a = true};
  for (const Product& product : {
           Product{"projection", rows, width, width},
           Product{"projection: gradient of its input", rows, width, width, data},
           Product{"projection: gradient of its weight", width, width, rows, weight},
           Product{"up", rows, hidden, width},
           Product{"up: gradient of its input", rows, width, hidden, data},
           Product{"up: gradient of its weight", width, hidden, rows, weight},
           Product{"down", rows, width, hidden},
           Product{"down: gradient of its input", rows, hidden, width, data},
           Product{"down: gradient of its weight", hidden, width, rows, weight},
           Product{"head", rows, symbols, width},
           Product{"head: gradient of its input", rows, width, symbols, data},
           Product{"head: gradient of its weight", width, symbols, rows, weight},
       })
    measure(product, a);
}
