// Weights under foreign names. A safetensors file says what is in it; `load` asks for each parameter under the name
// that `rename` makes of its own, and may pass over what the file lacks or has beyond that: here, a body without its
// head.

#include <ebb/ebb.hpp>
#include <iostream>

#include "claim.hpp"
#include "temporary_folder.hpp"

namespace {

namespace nn = ebb::nn;

struct Model {
  explicit Model(ebb::Generator& random) : body(4, 8, random), head(8, 2, random) {}
  void visit(auto& field) const { field("body", body), field("head", head); }
  nn::Linear<float> body, head;
};

/// Writes a file as another program might: other names, 16 bits, and an array for which this model has no use.
void write_foreign_file(const std::string& path) {
  nn::ParameterList<float> list;
  list.add(ebb::Parameter<float>(ebb::full<float>({4, 8}, 0.5)), "encoder.fc.w");
  list.add(ebb::Parameter<float>(ebb::full<float>({8}, 2)), "encoder.fc.b");
  list.add(ebb::Parameter<float>(ebb::zeros<float>({16})), "decoder.scale");
  nn::save(path, list, {.type = nn::SavedType::bf16});
}

/// body.weight -> encoder.fc.w, body.bias -> encoder.fc.b
std::string foreign_name(const std::string& name) {
  if (name == "body.weight") return "encoder.fc.w";
  if (name == "body.bias") return "encoder.fc.b";
  return name;
}

}  // namespace

int main() {
  const TemporaryFolder folder;
  const std::string path = folder / "foreign.safetensors";
  write_foreign_file(path);

  const auto file = ebb::read_safetensors(path);  // reads the header alone
  for (const auto& [name, entry] : file.entries()) std::cout << name << ' ' << entry.type << '\n';
  const ebb::Tensor<float> bias = file.read<float>("encoder.fc.b");  // one array, whatever the others are
  claim(bias.at({7}) == 2, "a single array can be read by its name");

  ebb::Generator random(1);
  const Model model(random);
  const auto report = nn::load(path, model, {.rename = foreign_name, .allow_missing = true, .allow_unexpected = true});
  claim(report.loaded == 2 && model.body.weight.value().at({3, 7}) == 0.5F, "the body has the file's weights");
  claim(report.missing == std::vector<std::string>{"head.weight", "head.bias"}, "the head keeps its own");
  claim(report.unexpected == std::vector<std::string>{"decoder.scale"}, "what has no place is named");
}
