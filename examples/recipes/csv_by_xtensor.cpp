// xtensor at the border: what xtensor reads or computes becomes an array of ebb by a copy, and an array of ebb is an
// expression of xtensor's without one. The header is asked for by itself, since nothing else of ebb needs xtensor.

#include <ebb/autograd/xtensor.hpp>
#include <ebb/ebb.hpp>
#include <sstream>
#if __has_include(<xtensor/io/xcsv.hpp>)  // since 0.26
#include <xtensor/io/xcsv.hpp>
#else
#include <xtensor/xcsv.hpp>
#endif

#include "claim.hpp"

int main() {
  std::istringstream file("1,2,3\n4,5,6\n");
  const auto table = xt::load_csv<double>(file);

  const ebb::Tensor<double> x = ebb::from_xtensor<double>(table);
  claim(x.shape() == ebb::Shape{2, 3} && x.at({1, 0}) == 4, "a table that xtensor read is a tensor");

  const ebb::Tensor<double> even = ebb::from_xtensor<double>(2 * table);
  claim(even.at({1, 2}) == 12, "so is any expression: it is evaluated on the way");

  ebb::Tape<double> tape;
  const auto w = tape.watch(x);
  tape.backward(sum(square(w)));
  const auto gradient = tape.gradient(w);

  const auto view = ebb::as_xtensor(gradient);
  claim(&view(0, 0) == gradient.data(), "a gradient is an expression of xtensor's, and nothing is copied");

  std::ostringstream out;
  xt::dump_csv(out, xt::xarray<double>(view));
  claim(out.str() == "2,4,6\n8,10,12\n", "which xtensor writes as CSV");
}
