// Resuming a training. A TrainingState refers to all that changes while a model is trained, and one file holds it. A
// training that was killed and goes on from the file ends in the same numbers, bit for bit, as one that nothing
// stopped.

#include <ebb/ebb.hpp>

#include "claim.hpp"
#include "temporary_folder.hpp"

namespace {

namespace nn = ebb::nn;
using Tensor = ebb::Tensor<float>;

/// Trains up to this step, from the step that the file has reached, and returns the values of all parameters.
std::vector<Tensor> train(const std::string& file, ebb::Index last_step) {
  ebb::Generator random(1);
  const nn::Sequential model(nn::Linear(1, 16, random), nn::Activation::tanh, nn::Linear(16, 1, random));
  nn::AdamW optimizer(model, {.lr = 0.01});
  ebb::Index step = 0;

  nn::TrainingState state;
  state.add("model", model);
  state.add("optimizer", optimizer);  // its running means too
  state.add("step", step);
  nn::resume(file, state);  // changes nothing, and returns false, where there is no such file yet

  while (step < last_step) {
    // Random numbers come of a key and the number of the step, so that there is no state of a generator to keep.
    const Tensor x = ebb::uniform<float>({32, 1}, ebb::Key{7}.child(step), -3, 3);
    ebb::Tape tape;
    tape.backward(mean_squared_error(model(x), sin(x)));
    optimizer.step();
    if (++step % 10 == 0) nn::save(file, state);
  }
  return nn::parameters(model).values();
}

}  // namespace

int main() {
  const TemporaryFolder folder;
  const std::vector<Tensor> uninterrupted = train(folder / "one.safetensors", 60);

  train(folder / "two.safetensors", 25);  // the process ends here; the file is of step 20
  const std::vector<Tensor> resumed = train(folder / "two.safetensors", 60);

  for (std::size_t i = 0; i < resumed.size(); ++i)
    claim(resumed[i].to_vector() == uninterrupted[i].to_vector(), "the resumed training has the same parameter");
}
