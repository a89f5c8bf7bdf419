// Weights from PyTorch. In Python, `safetensors.torch.save_file(model.state_dict(), "model.safetensors")` writes them;
// load_pytorch knows PyTorch's names for the layers, and that its matrices lie the other way round.

#include <cstdint>
#include <ebb/ebb.hpp>
#include <string>

#include "claim.hpp"
#include "temporary_folder.hpp"

namespace {

/// The file of torch.nn.Sequential(torch.nn.Linear(2, 3)), byte by byte: the length of the header, the header, numbers.
std::string file_of_pytorch() {
  const std::string header = R"({"0.weight":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},)"
                             R"("0.bias":{"dtype":"F32","shape":[3],"data_offsets":[24,36]}})";
  const float numbers[] = {1, 2, 3, 4, 5, 6, 0.5F, 0, -1};
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof(length)) + header +
         std::string(reinterpret_cast<const char*>(numbers), sizeof(numbers));
}

}  // namespace

int main() {
  const TemporaryFolder folder;
  ebb::write_file(folder / "from_pytorch.safetensors", file_of_pytorch());

  ebb::Generator random(1);
  const ebb::nn::Sequential model(ebb::nn::Linear<float>(2, 3, random));
  ebb::nn::load_pytorch(folder / "from_pytorch.safetensors", model);

  // PyTorch computes x W^T + b, of W = [[1, 2], [3, 4], [5, 6]] and b = [0.5, 0, -1].
  const auto y = model(ebb::Tensor<float>{{1, 10}});
  claim(y.to_vector() == std::vector<float>{21.5F, 43, 64}, "the model computes what PyTorch's does");

  // And back again, for model.load_state_dict(safetensors.torch.load_file("for_pytorch.safetensors")).
  ebb::nn::save_pytorch(folder / "for_pytorch.safetensors", model);
  const auto file = ebb::read_safetensors(folder / "for_pytorch.safetensors");
  claim(file.read<float>("0.weight").to_vector() == std::vector<float>{1, 2, 3, 4, 5, 6},
        "what is written for PyTorch is what came from it");
}
