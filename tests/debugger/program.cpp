// What the tests look at in a debugger: tensors of every kind, a forward pass and a backward walk. The transcripts name
// lines of this file by what stands in their comments.
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <ebb/ebb.hpp>

namespace {

struct Layer {
  ebb::Tensor<double> operator()(const ebb::Tensor<double>& x) const { return tanh(matmul(x, weight)); }
  ebb::Parameter<double> weight{ebb::Array<double>({2, 1}, {0.5, -0.25}), "weight"};
};

struct Model {
  void visit(auto& field) const { field("layer", layer); }
  Layer layer;
};

// Where the transcripts stop, with these variables in scope.
template <class... X>
void look(const X&...) {}

void values() {
  const ebb::Tensor<float> constant({2, 3}, {1, 2, 3, 4, 5.5, 6});
  const ebb::Tensor<double> number = ebb::Array<double>(ebb::Shape{}, 0.25);
  const ebb::Tensor<float> undefined;
  const ebb::Tensor<float> empty = ebb::Array<float>(ebb::Shape{0, 4});
  const ebb::Tensor<float> huge = ebb::zeros<float>({1000, 1000});
  ebb::Tensor<float> moved({2}, {1, 2});
  const ebb::Tensor<float> taken = std::move(moved);
  const ebb::Array<double> array({3}, {1, std::numeric_limits<double>::quiet_NaN(), -1.0 / 0.0});
  const ebb::IntArray labels({2, 2}, {1, 0, 0, 1});
  const ebb::Axes axes{0, -1};
  const ebb::Shape shape{4, 5};
  ebb::Parameter<float> parameter(ebb::Array<float>({2}, {1, 2}), "bias");
  parameter.set_gradient(ebb::Array<float>({2}, {0.1F, 0.2F}));
  const ebb::Parameter<float> gone = std::move(parameter);
  const ebb::Operand<float>& operand = constant;
  const ebb::SourceLocation here = ebb::SourceLocation::current();
  look(operand, here);  // values
}

// Objects whose bytes are no good, as in a frame that has not made its variables yet.
template <class X>
struct Bytes {
  alignas(X) unsigned char bytes[sizeof(X)];
  X& object() { return *reinterpret_cast<X*>(bytes); }
};

void corrupt() {
  Bytes<ebb::Tensor<float>> ones, wild, negative;
  std::memset(ones.bytes, 0x7f, sizeof ones.bytes);
  new (wild.bytes) ebb::Tensor<float>({2}, {1, 2});
  new (negative.bytes) ebb::Tensor<float>({2}, {1, 2});
  const std::int32_t minus = -2;
  // A slot, then a shape of eight extents and a rank, then a buffer.
  constexpr std::size_t shape = sizeof(ebb::Slot), buffer = shape + 9 * sizeof(std::int32_t) + 4;
  std::memcpy(negative.bytes + shape, &minus, sizeof minus);
  const std::uintptr_t nowhere = 0x40;
  std::memcpy(wild.bytes + buffer, &nowhere, sizeof nowhere);
  ebb::Tensor<float>&ranks = ones.object(), &pointer = wild.object(), &extent = negative.object();
  Bytes<ebb::Parameter<float>> no_parameter;
  std::memset(no_parameter.bytes, 0x7f, sizeof no_parameter.bytes);
  ebb::Parameter<float>& parameter = no_parameter.object();
  Bytes<ebb::Tape<float>> no_tape;
  std::memset(no_tape.bytes, 0x7f, sizeof no_tape.bytes);
  ebb::Tape<float>& tape = no_tape.object();
  Bytes<ebb::Record<float>> no_record;
  std::memset(no_record.bytes, 0x7f, sizeof no_record.bytes);
  ebb::Record<float>& record = no_record.object();
  look(ranks, pointer, extent, parameter, tape, record);  // corrupt
}

void stale() {
  ebb::Tensor<double> orphan, rewound;
  {
    ebb::Tape<double> tape;
    orphan = tape.watch(ebb::full<double>({1}, 3));
  }
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::full<double>({1}, 2));
  rewound = square(x);
  tape.rewind(1);
  const auto again = exp(x);  // another
  look();                     // stale
}

double train(const Model& model) {
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::Tensor<double>({2, 2}, {1, 2, 3, 4}));  // the leaf
  const auto y = ebb::nn::call(model, model.layer, x);                   // the layer
  const auto z = square(y) * 2;                                          // two ops
  const auto loss = sum(z);                                              // the loss
  look();                                                                // recorded
  tape.backward(loss);
  look();  // walked
  return loss.item();
}

void keep() {
  ebb::Tape<float> tape({.keep_all = true});
  const auto a = tape.watch(ebb::full<float>({2}, 3));
  const auto b = exp(a);  // kept exp
  const auto loss = sum(b);
  tape.backward(loss);
  look();  // kept
}

void deep() {
  ebb::Tape<float> tape;
  auto x = tape.watch(ebb::full<float>({1}, 1));
  for (int i = 0; i < 200; ++i) x = x + 1;  // another one
  look();                                   // deep
}

void by_hand() {
  ebb::Tape<float> tape({.keep_all = true});
  const auto a = tape.watch(ebb::full<float>({2}, 3));
  const auto loss = sum(exp(a));
  ebb::Walk<float> walk(tape, loss);
  walk.step();
  look();  // by hand
}

void non_finite(double at) {
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::full<double>({2}, at));
  const auto y = log(x);  // the logarithm
  tape.backward(sum(y));
}

// Each of 4 threads takes 10 values and 10 derivatives of tanh.
void in_threads() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      for (int j = 0; j < 10; ++j) {
        ebb::Tape<double> tape;
        tape.backward(sum(tanh(tape.watch(ebb::full<double>({2}, 1)))));
      }
    });
  for (std::thread& each : threads) each.join();
}

}  // namespace

int main(int count, char** arguments) {
  const std::string what = count > 1 ? arguments[1] : "";
  look();  // nothing
  values();
  corrupt();
  stale();
  const Model model;
  train(model);
  keep();
  deep();
  by_hand();
  if (what == "log") non_finite(0);
  if (what == "threads") in_threads();
}
