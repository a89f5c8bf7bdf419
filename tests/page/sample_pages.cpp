// Writes the pages that page_test.py opens into a folder.

#include <ebb/ebb.hpp>
#include <string>
#include <vector>

using ebb::Tape;
using ebb::Tensor;

namespace {

struct Model {
  Model(ebb::Generator& random, int depth, ebb::nn::TransformerBlockOptions options)
      : embedding(20, 16, random), head(16, 20, random) {
    for (int i = 0; i < depth; ++i) blocks.emplace_back(16, 2, random, options);
  }
  Tensor<float> operator()(const ebb::IntArray& tokens) const {
    return call(*this, head, call(*this, blocks, call(*this, embedding, tokens)));
  }
  void visit(auto& field) const { field("embedding", embedding), field("blocks", blocks), field("head", head); }

  ebb::nn::Embedding<float> embedding;
  std::vector<ebb::nn::TransformerBlock<float>> blocks;
  ebb::nn::Linear<float> head;
};

void write_transformer(const std::string& path, int depth, ebb::nn::TransformerBlockOptions options, bool keep_all) {
  ebb::Generator random(1);
  const Model model(random, depth, options);
  (void)ebb::nn::parameters(model);  // names them
  const ebb::IntArray tokens({2, 12}, {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5});
  Tape<float> tape({.keep_all = keep_all});
  const auto logits = model(tokens);
  const auto loss = cross_entropy(logits, tokens);
  tape.backward(loss);
  ebb::write_html(tape, path);
}

/// A row of 5000 records without scopes, whose gradients shrink by a hundredth at each.
void write_long(const std::string& path) {
  Tape<double> tape({.keep_all = true});
  Tensor<double> x = tape.watch(ebb::full<double>({4, 4}, 0.5));
  for (int i = 0; i < 4998; ++i) x = i % 2 == 0 ? x * 0.99 : tanh(x);
  tape.backward(sum(x));
  ebb::write_html(tape, path);
}

void write_non_finite(const std::string& path) {
  Tape<double> tape({.keep_all = true});
  const auto x = tape.watch(Tensor<double>({2, 2}, {0, 1, 2, 3}));
  const auto y = sum(sqrt(x) * Tensor<double>({2, 2}, {1, 1, 0, 0}));
  tape.backward(y);
  ebb::write_html(tape, path);
}

const ebb::Op<float> twice_op{
    "twice",
    [](ebb::Record<float>&, ebb::Inputs<float> x) { return (x[0].detach() + x[0].detach()).value(); },
    [](const ebb::Record<float>&, const Tensor<float>& dy, ebb::Adjoints<float>& d) { d.add(0, dy + dy); },
    {.value = "y = 2 a", .derivatives = {"da = 2 dy"}, .words = "Twice as much."}};

/// Names that would break a page if they were more than text; and an operation of the user's own, with its formula.
void write_hostile(const std::string& path) {
  const ebb::Scope scope("</script><script>document.title = 'taken'</script><!--");
  const ebb::Parameter<float> weight(ebb::ones<float>({2}).value(), "<img src=x onerror=alert(1)> \xff\xfe \"'&");
  Tape<float> tape({.keep_all = true});
  const Tensor<float> weight_leaf(weight);
  tape.backward(sum(apply(twice_op, {&weight_leaf}, {}, ebb::SourceLocation::current())));
  ebb::write_html(tape, path);
}

}  // namespace

int main(int, char** arguments) {
  const std::string folder = std::string(arguments[1]) + "/";
  using ebb::nn::Norm;
  write_transformer(folder + "bare.html", 4, {.residual = false, .norm = Norm::none}, true);
  write_transformer(folder + "residual.html", 4, {.residual = true, .norm = Norm::pre}, true);
  write_transformer(folder + "deep.html", 24, {.residual = true, .norm = Norm::pre}, true);
  write_transformer(folder + "freed.html", 2, {}, false);
  write_long(folder + "long.html");
  write_non_finite(folder + "non_finite.html");
  write_hostile(folder + "hostile.html");
  ebb::write_html(Tape<float>(), folder + "empty.html");
}
