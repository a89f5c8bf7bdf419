#include <cmath>
#include <sstream>

#include "support/check.hpp"
#include "support/written.hpp"

using namespace ebb_test;

TEST_CASE("tensors print their type, shape and values") {
  CHECK(to_string(Tensor<float>({2, 3}, {1, 2.5, -3, 0, 1e-10f, 6})) ==
        "Tensor<float>[2, 3] {{1, 2.5, -3}, {0, 1e-10, 6}}");
  CHECK(to_string(Tensor<double>({}, {7})) == "Tensor<double>[] 7");
  CHECK(to_string(Tensor<double>({2}, {NAN, -INFINITY})) == "Tensor<double>[2] {nan, -inf}");
  CHECK(to_string(Tensor<double>()) == "Tensor<double> undefined");
  CHECK(to_string(ebb::zeros<double>({0, 3})) == "Tensor<double>[0, 3] {}");
  CHECK(to_string(ebb::zeros<double>({1000000, 0})) == "Tensor<double>[1000000, 0] {}");
  std::ostringstream out;
  out << Tensor<double>({1}, {1.5});
  CHECK(out.str() == "Tensor<double>[1] {1.5}");
}

TEST_CASE("of a huge tensor, only the first values are printed") {
  CHECK(to_string(ebb::arange<double>(0, 1000), 3) == "Tensor<double>[1000] {0, 1, 2, ...}");
  CHECK(to_string(ebb::zeros<double>({1000, 1000}), 2) == "Tensor<double>[1000, 1000] {{0, 0, ...}, ...}");
  CHECK(to_string(ebb::zeros<double>({2, 2}), 2) == "Tensor<double>[2, 2] {{0, 0}, ...}");
  CHECK(to_string(ebb::zeros<double>({2, 2}), 4) == "Tensor<double>[2, 2] {{0, 0}, {0, 0}}");
  CHECK(to_string(ebb::zeros<double>({3}), 0) == "Tensor<double>[3] {...}");
}

TEST_CASE("a tracked tensor shows its record") {
  Tape<double> tape;
  CHECK(to_string(tape.watch(Tensor<double>({1}, {1.5}))) == "Tensor<double>[1] #0 {1.5}");
}

TEST_CASE("a tape prints as a table") {
  const ebb::Parameter<float> w(ebb::ones<float>({3}).value(), "w");
  const auto at = [](int line) { return "print_test.cpp:" + std::to_string(line) + "\n"; };
  const int line = __LINE__;
  Tape<float> tape;
  const Tensor<float> x = tape.watch(ebb::ones<float>({2, 3}));
  {
    const ebb::Scope scope("block");
    (void)(x * w);
  }
  const Tensor<float> y = x * 2;
  const Tensor<float> loss = sum_to(y, {});
  CHECK(to_string(tape) == "tape " + std::to_string(tape.id()) + " of float, 5 records\n" +       //
                               "#  op         scope  shape   inputs    saved  line\n" +           //
                               "0  watch             [2, 3]            24 B   " + at(line + 2) +  //
                               "1  parameter  block  [3]     block.w   12 B   " + at(line + 5) +  //
                               "2  multiply   block  [2, 3]  #0 #1     36 B   " + at(line + 5) +  //
                               "3  multiply          [2, 3]  #0 const  28 B   " + at(line + 7) +  //
                               "4  sum_to            []      #3        0 B    " + at(line + 8));
  tape.backward(loss);
  CHECK(contains(to_string(tape), "5 records, walked\n"));
}

TEST_CASE("what a record saved is told in the unit that suits it") {
  Tape<float> tape({.keep_all = true});
  (void)exp(tape.watch(ebb::ones<float>({384})));
  (void)exp(tape.watch(ebb::ones<float>({640, 1024})));
  CHECK(contains(to_string(tape), "[384]        #0      1.5 KiB"));
  CHECK(contains(to_string(tape), "[640, 1024]  #2      2.5 MiB"));
}

TEST_CASE("an empty tape prints its header") {
  const Tape<double> tape;
  CHECK(contains(to_string(tape), "of double, 0 records\n#  op"));
}

TEST_CASE("a tape as a graph: records, leaves, nested scopes, edges, and shades of the adjoints") {
  Tape<double> tape({.keep_all = true});
  const Tensor<double> x = tape.watch(Tensor<double>({2}, {1, 2}));
  Tensor<double> y;
  {
    const ebb::Scope block("block"), cell("a \"cell\"");
    y = x * 1e-5;
  }
  const Tensor<double> unused = exp(x), loss = sum(y * y);
  const std::string before = to_dot(tape);
  CHECK(contains(before, "n0 [label=\"#0 watch\n[2]\", shape=ellipse];"));
  CHECK(contains(before,
                 "subgraph \"cluster_block\" { label=\"block\"; subgraph \"cluster_block.a \\\"cell\\\"\" { "
                 "label=\"a \\\"cell\\\"\"; n1 [label=\"#1 multiply\n[2]\"]; } }"));
  CHECK(contains(before, "  n0 -> n1;\n"));
  CHECK(contains(before, "  n1 -> n3;\n  n1 -> n3;\n"));
  tape.backward(loss);
  const std::string after = to_dot(tape);
  CHECK(contains(after, "n4 [label=\"#4 sum\n[]\n|dy| = 1\", fillcolor=9, fontcolor=\"white\"];"));
  CHECK(contains(after,
                 "n0 [label=\"#0 watch\n[2]\n|dy| = 4.5e-10\", shape=ellipse, fillcolor=1, fontcolor=\"black\"];"));
  CHECK(contains(after, "n2 [label=\"#2 exp\n[2]\"];"));  // nothing flows there
}

TEST_CASE("a parameter prints its name, values, and what is not usual of it") {
  Parameter<float> w(ebb::Tensor<float>({2}, {1, 2.5}), "weight");
  CHECK(written(w) == "Parameter<float> weight[2] {1, 2.5}");
  w.set_gradient(ebb::Tensor<float>({2}, {3, 4}));
  w.set_trainable(false);
  CHECK(written(w.shared("head.weight")) == "Parameter<float> head.weight[2] {1, 2.5}, frozen, gradient norm 5");
  CHECK(written(ebb::buffer(ebb::Tensor<double>({1}, {3}))) == "Parameter<double>[1] {3}, a buffer");
  CHECK(written(Parameter<double>()) == "Parameter<double> undefined");
  const Parameter<float> moved = std::move(w);
  CHECK(to_string(w) == "Parameter<float> undefined");
  CHECK(to_string(moved, 1) == "Parameter<float> weight[2] {1, ...}, frozen, gradient norm 5");
}

TEST_CASE("a record prints in a line, and a tape as its table") {
  const Parameter<float> w(ebb::ones<float>({3}), "w");
  Tape<float> tape;
  const Tensor<float> x = tape.watch(ebb::ones<float>({2, 3}));
  const int line = __LINE__ + 3;
  {
    const ebb::Scope scope("block");
    (void)(x * w);
  }
  const std::string at = ", print_test.cpp:" + std::to_string(line);
  CHECK(contains(written(tape[0]), "#0 watch [2, 3], print_test.cpp:"));
  CHECK(written(tape[1]) == "#1 parameter in block [3] of block.w" + at);
  CHECK(written(tape[2]) == "#2 multiply in block [2, 3] of #0 #1" + at);
  CHECK(written(Record<float>()) == "no record");
  CHECK(written(tape) == to_string(tape));
}

TEST_CASE("keys, lines of source, reports of gradcheck and memory print") {
  CHECK(written(Key{3, 7}) == "Key{3, 7}");
  CHECK(written(SourceLocation::current("folder/a.cpp", 12, "f")) == "a.cpp:12");
  CHECK(written(SourceLocation()) == "unknown");
  CHECK(written(GradcheckReport{}) == "passed");
  CHECK(written(GradcheckReport{false, "order 1 is wrong"}) == "order 1 is wrong");
  CHECK(written(MemoryStatistics{1536, 2 << 20, 512, 7}) ==
        "1.5 KiB in use, 2.0 MiB at the peak, 512 B free, 7 blocks from the system");
}
