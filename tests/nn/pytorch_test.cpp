#include <algorithm>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;

namespace {

struct Encoder {
  nn::Embedding<> tokens;
  nn::LearnedPositions<> positions;
  std::vector<nn::TransformerBlock<>> blocks;
  nn::RMSNorm<> norm;
  nn::Linear<> head;
  Parameter<float> scale{full<float>({}, 2)};

  explicit Encoder(Generator& generator)
      : tokens(5, 4, generator), positions(3, 4, generator), norm(4), head(4, 4, generator, {.bias = false}) {
    blocks.emplace_back(4, 2, generator, nn::TransformerBlockOptions{.hidden = 6});
  }
  void visit(auto& field) const {
    field("tokens", tokens), field("positions", positions), field("blocks", blocks), field("norm", norm);
    field("head", head), field("scale", scale);
  }
};

struct Tied {
  nn::Embedding<> in, out;
  explicit Tied(Generator& generator) : in(3, 2, generator), out(3, 2, generator) { tie(in.table, out.table); }
  void visit(auto& field) const { field("in", in), field("out", out); }
};

/// What PyTorch has of a BatchNorm.
struct Counted {
  nn::BatchNorm<> norm{2};
  Parameter<float> count{full<float>({}, 7)};
  void visit(auto& field) const {
    field("weight", norm.gain), field("bias", norm.bias), field("running_mean", norm.running_mean);
    field("running_var", norm.running_variance), field("num_batches_tracked", count);
  }
};

}  // namespace

TEST_CASE("PyTorch's names and shapes: weights [out, in], query, key and value one below the other") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  Generator generator(1);
  nn::save_pytorch(path, Encoder(generator));
  const Safetensors file = read_safetensors(path);
  std::vector<std::string> found;
  for (const auto& [name, entry] : file.entries()) {
    std::string shape;
    for (const std::uint64_t extent : entry.shape) shape += ' ' + std::to_string(extent);
    found.push_back(name + shape);
  }
  // What torch.nn.TransformerEncoderLayer(4, 2, 6, norm_first=True).state_dict() has, under the model's own names.
  CHECK(found == std::vector<std::string>{
                     "blocks.0.linear1.bias 6", "blocks.0.linear1.weight 6 4", "blocks.0.linear2.bias 4",
                     "blocks.0.linear2.weight 4 6", "blocks.0.norm1.bias 4", "blocks.0.norm1.weight 4",
                     "blocks.0.norm2.bias 4", "blocks.0.norm2.weight 4", "blocks.0.self_attn.in_proj_bias 12",
                     "blocks.0.self_attn.in_proj_weight 12 4", "blocks.0.self_attn.out_proj.bias 4",
                     "blocks.0.self_attn.out_proj.weight 4 4", "head.weight 4 4", "norm.weight 4",
                     "positions.weight 3 4", "scale", "tokens.weight 5 4"});
  CHECK(file.metadata().at("format") == "pt");
}

TEST_CASE("a square weight is turned on the way out and on the way in") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/layer.safetensors";
  Generator generator(1);
  nn::Linear<> layer(2, 2, generator), back(2, 2, generator);
  layer.weight.set_value({{1, 2}, {3, 4}});
  nn::save_pytorch(path, layer);
  CHECK(read_safetensors(path).read<float>("weight").to_vector() == std::vector<float>{1, 3, 2, 4});
  nn::load_pytorch(path, back);
  CHECK(back.weight.value().to_vector() == std::vector<float>{1, 2, 3, 4});
  CHECK_ERROR(load(path, nn::parameters(layer)), "\"weight\" has a shape, [2, 2], that fits the other way round");
  save(path, nn::parameters(layer));
  CHECK_ERROR(nn::load_pytorch(path, back), "load_pytorch(): '" + path + "' does not fit: its matrices are [in, out]",
              "load it with load()");
}

TEST_CASE_TEMPLATE("what was saved for PyTorch is loaded bit by bit, into its parts", T, float, double) {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/layer.safetensors";
  Generator generator(1);
  const nn::MultiHeadAttention<T> from(6, 2, generator), into(6, 2, generator);
  from.query.bias.shared().set_value(normal<T>({6}, Key{1}));
  from.value.bias.shared().set_value(normal<T>({6}, Key{2}));
  nn::save_pytorch(path, from);
  const nn::LoadReport report = nn::load_pytorch(path, into);
  CHECK(report.loaded == 8);
  const auto a = nn::parameters<T>(from), b = nn::parameters<T>(into);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i].value().to_vector() == b[i].value().to_vector());
}

TEST_CASE("PyTorch's packed projection computes the same attention") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/layer.safetensors";
  Generator generator(1);
  const nn::MultiHeadAttention<double> layer(6, 2, generator);
  layer.key.bias.shared().set_value(normal<double>({6}, Key{1}));
  nn::save_pytorch(path, layer);
  const Safetensors file = read_safetensors(path);
  // torch.nn.functional.multi_head_attention_forward, written out: x W^T + b, cut into query, key and value.
  const Tensor<double> x = normal<double>({2, 3, 6}, Key{2});
  const Tensor<double> weight = file.read<double>("in_proj_weight"), bias = file.read<double>("in_proj_bias");
  const auto parts = split(linear(x, transpose(weight), bias), 3, -1);
  const Tensor<double> heads = multi_head_attention(parts[0], parts[1], parts[2], Heads{2});
  const Tensor<double> out = file.read<double>("out_proj.weight"), out_bias = file.read<double>("out_proj.bias");
  check_values(layer(x), linear(heads, transpose(out), out_bias).to_vector());
}

TEST_CASE("PyTorch's layouts of windows, its names of norms and of recurrent layers") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/layers.safetensors";
  Generator generator(1);
  const nn::Sequential net(nn::Conv2d<>(4, 6, {2, 3}, generator, {.groups = 2}), nn::BatchNorm<>(6),
                           nn::ConvTranspose1d<>(4, 6, 3, generator, {.groups = 2, .bias = false}),
                           nn::GroupNorm<>(2, 6), nn::GRU<>(3, 2, generator, {.layers = 2, .bidirectional = true}),
                           nn::LSTMCell<>(3, 2, generator));
  nn::save_pytorch(path, net);
  const Safetensors file = read_safetensors(path);
  std::vector<std::string> found;
  for (const auto& [name, entry] : file.entries()) {
    std::string shape;
    for (const std::uint64_t extent : entry.shape) shape += ' ' + std::to_string(extent);
    found.push_back(name + shape);
  }
  // What a torch.nn.Sequential of these layers has, but for 1.num_batches_tracked.
  CHECK(found == std::vector<std::string>{"0.bias 6",
                                          "0.weight 6 2 2 3",
                                          "1.bias 6",
                                          "1.running_mean 6",
                                          "1.running_var 6",
                                          "1.weight 6",
                                          "2.weight 4 3 3",
                                          "3.bias 6",
                                          "3.weight 6",
                                          "4.bias_hh_l0 6",
                                          "4.bias_hh_l0_reverse 6",
                                          "4.bias_hh_l1 6",
                                          "4.bias_hh_l1_reverse 6",
                                          "4.bias_ih_l0 6",
                                          "4.bias_ih_l0_reverse 6",
                                          "4.bias_ih_l1 6",
                                          "4.bias_ih_l1_reverse 6",
                                          "4.weight_hh_l0 6 2",
                                          "4.weight_hh_l0_reverse 6 2",
                                          "4.weight_hh_l1 6 2",
                                          "4.weight_hh_l1_reverse 6 2",
                                          "4.weight_ih_l0 6 3",
                                          "4.weight_ih_l0_reverse 6 3",
                                          "4.weight_ih_l1 6 4",
                                          "4.weight_ih_l1_reverse 6 4",
                                          "5.bias_hh 8",
                                          "5.bias_ih 8",
                                          "5.weight_hh 8 2",
                                          "5.weight_ih 8 3"});
  // [window..., in / groups, out] here: number (y, x, c, o) stands at (o, c, y, x) there.
  const auto here = std::get<0>(net.layers).weight.value(), there = Tensor<float>(file.read<float>("0.weight"));
  CHECK(permute(here, {3, 2, 0, 1}).to_vector() == there.to_vector());
  CHECK(there.at({5, 1, 0, 2}) == here.at({0, 2, 1, 5}));

  const auto list = nn::parameters(net);
  const auto values = list.values();
  for (auto& parameter : nn::parameters(net)) parameter.set_value(zeros<float>(parameter.shape()));
  CHECK(nn::load_pytorch(path, net).loaded == found.size());
  for (std::size_t i = 0; i < list.size(); ++i) CHECK(list[i].value().to_vector() == values[i].to_vector());
}

TEST_CASE("PyTorch's count of batches is passed over where a BatchNorm is loaded") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/norm.safetensors";
  const Counted counted;
  nn::save_pytorch(path, counted);
  const nn::BatchNorm<> norm(2);
  const nn::LoadReport report = nn::load_pytorch(path, norm);
  CHECK(report.loaded == 4);
  CHECK(report.unexpected.empty());
}

TEST_CASE("names of one's own, parts, and a tied table, which PyTorch has once in a file") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/model.safetensors";
  Generator generator(1);
  const Tied from(generator), into(generator);
  nn::save_pytorch(path, from, {.type = nn::SavedType::bf16});
  CHECK(read_safetensors(path).entries().size() == 1);
  const nn::LoadReport report =
      nn::load_pytorch(path, into.in, {.rename = [](std::string name) { return "in." + name; }});
  CHECK(report.loaded == 1);
  CHECK(into.out.table.value().to_vector() == read_safetensors(path).read<float>("in.weight").to_vector());
  const nn::Linear<> other(3, 2, generator);
  CHECK_ERROR(nn::load_pytorch(path, other),
              R"(it lacks "weight", "bias"; it has what the parameters do not: "in.weight")");
}
