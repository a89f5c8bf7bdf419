// Data larger than memory: a .npy file is opened, not read, and each batch takes its rows out of it. Prefetch reads the
// next batches on a thread of its own while the model trains on this one.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"
#include "temporary_folder.hpp"

namespace {

using Tensor = ebb::Tensor<float>;
constexpr ebb::Index rows = 4096, width = 256, batch_size = 64;

/// The means of the columns, by one pass over the batches: what a training's loop would do with them.
Tensor mean_of_columns(ebb::Index batches, const auto& next) {
  Tensor total = ebb::zeros<float>({width});
  for (ebb::Index step = 0; step < batches; ++step) total += sum(next(step), 0);
  return total / rows;
}

}  // namespace

int main() {
  const TemporaryFolder folder;
  ebb::save_npy(folder / "rows.npy", ebb::normal<float>({rows, width}, ebb::Key{1}, 3));
  const std::size_t file_size = rows * width * sizeof(float);
  ebb::reset_peak_memory();

  const auto file = ebb::read_npy(folder / "rows.npy");  // knows its shape and type
  ebb::nn::MiniBatches batches(file.shape()[0], batch_size, ebb::Key{2});
  const auto read = [&](ebb::Index step) -> Tensor { return file.rows<float>(batches(step)); };
  const Tensor means = mean_of_columns(batches.per_epoch(), read);

  const std::size_t peak = ebb::memory_statistics().peak_in_use;
  std::printf("a file of %zu KiB, of which at most %zu KiB were in memory\n", file_size / 1024, peak / 1024);
  claim(peak < file_size / 10, "reading held no more than a tenth of the file at a time");
  claim(max(abs(means - 3)).item() < 0.1F, "and every row came once: the columns have their mean, 3");

  ebb::nn::Prefetch data(read);  // from here on, that thread alone calls it
  const Tensor prefetched = mean_of_columns(batches.per_epoch(), [&](ebb::Index) { return data.next(); });
  claim(prefetched.to_vector() == means.to_vector(), "read ahead, the batches are the same, in the same order");
}
