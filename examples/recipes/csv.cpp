// A CSV file as tensors: columns of numbers, with a value for what is missing, and a column of texts as classes.

#include <cmath>
#include <ebb/ebb.hpp>
#include <limits>

#include "claim.hpp"
#include "temporary_folder.hpp"

int main() {
  const TemporaryFolder folder;
  ebb::write_file(folder / "penguins.csv",
                  "species,island,bill_mm,mass_g\n"
                  "Adelie,\"Torgersen, south\",39.1,3750\n"
                  "Gentoo,Biscoe,46.1,4500\n"
                  "Adelie,Biscoe,,3450\n"
                  "Chinstrap,Dream,46.5,3500\n");

  const auto table = ebb::read_csv(folder / "penguins.csv");
  claim(table.rows() == 4 && table.text(0, "island") == "Torgersen, south", "a quoted cell may hold a comma");

  // The names of the classes are sorted, so that their numbers do not depend on which row comes first.
  const auto [labels, species] = table.categories("species");
  claim(species == std::vector<std::string>{"Adelie", "Chinstrap", "Gentoo"}, "three species occur");
  claim(labels.to_vector() == std::vector<std::int32_t>{0, 2, 0, 1}, "labels are places among them");

  // An empty cell is an error, unless it is said what it becomes: here NaN, for the mean of its column.
  const float missing = std::numeric_limits<float>::quiet_NaN();
  const ebb::Tensor<float> read = table.numbers<float>({"bill_mm", "mass_g"}, missing);  // [4, 2]
  const ebb::IntArray known = equal(read, read);                                         // NaN equals nothing
  const ebb::Tensor<float> count = ebb::to_tensor<float>(sum(known, 0));
  const ebb::Tensor<float> x = where(known, read, sum(where(known, read, 0), 0) / count);
  claim(std::abs(x.at({2, 0}) - (39.1F + 46.1F + 46.5F) / 3) < 1e-4F, "the missing bill has the mean of the others");

  const ebb::Tensor<float> inputs = (x - mean(x, 0)) / standard_deviation(x, 0);
  claim(max(abs(mean(inputs, 0))).item() < 1e-5F, "each column is standardised: its mean is 0");
  claim(max(abs(variance(inputs, 0) - 1)).item() < 1e-5F, "and its variance 1");
}
