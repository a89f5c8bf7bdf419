// Where gradients ebb away in a deep network. On its way back through a stack of tanh layers, the gradient is
// multiplied by a matrix and by the slopes of tanh, layer after layer; forty factors below 1 leave nothing for the
// first layers to learn from. Three remedies, and what reaches the input of every tenth layer:
//
//     Xavier       weights just large enough for a layer to keep the size of its input (Glorot & Bengio 2010)
//     residual     x + layer(x): a way past each layer, on which no factor shrinks the gradient (He et al. 2016)
//     layer norm   the input of tanh is scaled to variance 1, however small the weights (Ba et al. 2016)

#include <cstdio>
#include <ebb/ebb.hpp>
#include <string>
#include <vector>

namespace {

using Tensor = ebb::Tensor<double>;

constexpr int depth = 40, width = 32, points = 16;

struct Variant {
  const char* name;
  ebb::nn::Init init;
  bool residual, norm;
};

struct Layer {
  Tensor operator()(const Tensor& x) const {
    const Tensor z = matmul(x, weight);
    const Tensor y = tanh(norm ? layer_norm(z) : z);
    return residual ? x + y : y;
  }

  Tensor weight;
  bool residual, norm;
};

std::vector<Layer> stack_of(const Variant& variant) {
  ebb::Generator random(6);
  std::vector<Layer> layers;
  for (int i = 0; i < depth; ++i)
    layers.push_back(
        {ebb::nn::initialize<double>({width, width}, variant.init, random), variant.residual, variant.norm});
  return layers;
}

/// The input of each layer, and the output of the last.
std::vector<Tensor> run(const std::vector<Layer>& layers, Tensor x) {
  std::vector<Tensor> passed{x};
  for (std::size_t i = 0; i < depth; ++i) {
    const ebb::Scope scope("layers." + std::to_string(i));
    passed.push_back(layers[i](passed.back()));
  }
  return passed;
}

const Tensor start = ebb::normal<double>({points, width}, {.seed = 1});
const Tensor target = ebb::normal<double>({points, width}, {.seed = 2});

/// The norm of the loss's gradient at each of these. The walk ends where it falls below `bound`; for the layers before
/// that, the result is 0.
std::vector<double> gradient_norms(const std::vector<Layer>& layers, double bound = 0) {
  ebb::Tape<double> tape;
  const std::vector<Tensor> x = run(layers, tape.watch(start));
  const Tensor loss = mean_squared_error(x.back(), target);
  std::vector<double> norms(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    tape.hook(x[i], [&norms, i](const Tensor& gradient) { norms[i] = norm_of(gradient.value()); });

  // A debugger comes to a halt where the condition holds; without one, the walk ends by an exception.
  break_when(tape, ebb::gradient_norm{.below = bound});
  try {
    tape.backward(loss);
  } catch (const ebb::Break& stop) {
    const auto& record = tape[stop.record];
    std::printf("\nbelow %.0e at record %d, %s in %s\n", bound, static_cast<int>(stop.record), record.op->name,
                record.scope->c_str());
  }
  return norms;
}

/// Writes the tape as a page for the browser, which shows every record and the size of its gradient.
void write_page(const std::vector<Layer>& layers, const char* path) {
  ebb::Tape<double> tape({.keep_all = true});
  tape.backward(mean_squared_error(run(layers, tape.watch(start)).back(), target));
  write_html(tape, path);
}

}  // namespace

/// Prints the table. With a file name as its argument, also writes the tape of the stack with small weights as a page.
int main(int count, char** arguments) try {
  const auto small = ebb::nn::Init::normal(0.1), xavier = ebb::nn::Init::xavier_normal();
  const Variant variants[] = {{"small weights", small, false, false},
                              {"Xavier", xavier, false, false},
                              {"small, residual", small, true, false},
                              {"small, layer norm", small, false, true},
                              {"all three", xavier, true, true}};
  std::printf("gradient at layer");
  for (int i = 0; i <= depth; i += 10) std::printf("  %7d", i);
  std::printf("   first/last\n");

  bool right = true;
  for (const Variant& variant : variants) {
    const auto norms = gradient_norms(stack_of(variant));
    const double kept = norms[0] / norms[depth];
    std::printf("%-17s", variant.name);
    for (std::size_t i = 0; i <= depth; i += 10) std::printf("  %7.0e", norms[i]);
    std::printf("   %10.0e\n", kept);
    // Without a remedy next to nothing is left; each remedy keeps the gradient within two orders of magnitude.
    const bool bare = &variant == &variants[0];
    right = right && (bare ? kept < 1e-9 : kept > 0.1 && kept < 100);
  }

  gradient_norms(stack_of(variants[0]), 1e-6);
  if (count > 1) write_page(stack_of(variants[0]), arguments[1]);
  return right ? 0 : 1;
} catch (const ebb::Error& error) {
  std::fprintf(stderr, "06_vanishing_depth: %s\n", error.what());
  return 1;
}

/* In the debugger: the program stops where the gradient's norm falls below the bound, with 18 layers still to come.
(gdb) run
...break at record 38 (tanh), called at ...06_vanishing_depth.cpp:29, in layers.18: ...
(gdb) ebb tape
tape 6 of double, 84 records, walk at #38
    #  op        scope      shape     inputs     saved     line
    0  watch                [16, 32]             4.0 KiB   06_vanishing_depth.cpp:63
    1  matmul    layers.0   [16, 32]  #0 const   12.0 KiB  06_vanishing_depth.cpp:28
    2  tanh      layers.0   [16, 32]  #1         4.0 KiB   06_vanishing_depth.cpp:29
...
-> 38  tanh      layers.18  [16, 32]  #37        4.0 KiB   06_vanishing_depth.cpp:29
...
   83  mean                 []        #82        0 B       06_vanishing_depth.cpp:64
(gdb) ebb grad 38
gradient at #38 tanh, in the walk: [16, 32] {{-1.06...e-08, 8.42...e-09, ...
(gdb) ebb grad 36
No gradient has flowed to #36 tanh yet: the walk stands at #38.
(gdb) ebb graph 38
#38 tanh[16, 32] of #37 in layers.18 at 06_vanishing_depth.cpp:29
  from  #37 matmul[16, 32] of #36 const in layers.18 at 06_vanishing_depth.cpp:28
  into  #39 matmul[16, 32] of #38 const in layers.19 at 06_vanishing_depth.cpp:28
*/

/* Output:
gradient at layer        0       10       20       30       40   first/last
small weights        8e-12    5e-09    1e-06    3e-04    9e-02        9e-11
Xavier               2e-02    1e-01    9e-02    9e-02    9e-02        2e-01
small, residual      4e+00    2e+00    1e+00    7e-01    5e-01        1e+01
small, layer norm    2e+00    2e+00    5e-01    2e-01    1e-01        2e+01
all three            3e+00    9e-01    6e-01    5e-01    4e-01        7e+00

below 1e-06 at record 38, tanh in layers.18
*/
