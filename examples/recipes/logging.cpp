// Logging a run. RunLog writes the numbers of each step into files that pandas, a spreadsheet or TensorBoard reads;
// Progress shows how far the training is, on a terminal as a line that is redrawn. A resumed run goes on in both.

#include <ebb/ebb.hpp>

#include "claim.hpp"
#include "temporary_folder.hpp"

namespace {

namespace nn = ebb::nn;
constexpr ebb::Index steps = 50;

/// Trains from this step on, up to the other.
void train(const std::string& folder, ebb::Index first, ebb::Index last) {
  ebb::Generator random(1);
  const nn::Linear<float> model(3, 1, random);
  nn::Adam optimizer(model, {.lr = 0.05});
  const auto x = ebb::normal<float>({32, 3}, random.next());

  nn::RunLog log(folder, {.first_step = first, .tensorboard = true});
  nn::Progress progress(steps, {.done = first});
  nn::RunningMean loss_so_far;
  for (ebb::Index step = first; step < last; ++step) {
    ebb::Tape tape;
    const auto loss = mean_squared_error(model(x), sum(x, 1, {.keep = true}));
    tape.backward(loss);
    const nn::StepReport report = optimizer.step();
    loss_so_far.add(loss.item());
    log.write(step, {{"loss", loss.item()}, {"mean loss", loss_so_far.mean()}, {"gradient norm", report.norm_before}});
    progress.step({"loss " + std::to_string(loss.item())});
  }
}

}  // namespace

int main() {
  const TemporaryFolder folder;
  train(folder / "run", 0, 30);      // killed here; the last file of the training is of step 20
  train(folder / "run", 20, steps);  // what was logged of steps 20 to 29 is dropped

  const auto table = ebb::read_csv(folder / "run/metrics.csv");
  claim(table.columns() == std::vector<std::string>{"step", "loss", "mean loss", "gradient norm"},
        "the log has a column for each number");
  const auto logged = table.numbers<std::int32_t>({"step"});
  claim(logged.size() == steps, "each step is in it once");
  claim(logged.to_vector().back() == steps - 1, "up to the last");
}
