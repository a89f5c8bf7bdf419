#!/usr/bin/env bash
# usage: check_messages.sh COMPILER INCLUDE_FOLDER
# Programs that hold ebb wrongly: each is refused by the compiler in few lines, and among the first of them stands what to
# write instead. What reads as if it were right compiles.
set -euo pipefail
compiler=$1 include=$2 failures=0

# compile HEADER FLAGS... < the body of a function
compile() {
  local header=$1
  shift
  { echo "#include <ebb/$header>"; cat; } |
    "$compiler" -std=c++20 -Wall -Werror -I"$include" -x c++ -fsyntax-only "$@" - 2>&1
}

# refused "TEXT OF THE MESSAGE" [HEADER [FLAGS...]] < program
refused() {
  local text=$1 header=${2:-ebb.hpp} messages
  shift $(($# > 1 ? 2 : 1))
  if messages=$(compile "$header" "$@"); then
    echo "compiles, but should be refused with: $text" >&2
  elif ! grep -v 'In file included from\|^ *from' <<<"$messages" | head -n 16 | grep -qF "$text"; then
    printf 'should be refused with: %s\nbut the first lines are:\n%s\n' "$text" "$(head -n 16 <<<"$messages")" >&2
  elif (($(grep -c 'error:' <<<"$messages") > 4)); then
    printf 'is refused with more than four errors: %s\n' "$text" >&2
  else
    return 0
  fi
  failures=$((failures + 1))
}

model='struct Model {
  ebb::nn::Linear<> layer;
  explicit Model(ebb::Generator& generator) : layer(2, 2, generator) {}
  ebb::Tensor<float> operator()(const ebb::Tensor<float>& x) const { return call(*this, layer, x); }
  void visit(auto& field) const { field("layer", layer); }
};'

compile ebb.hpp <<E2
#include <iostream>
#include <memory>
$model
struct Own {
  struct Halve {
    ebb::Tensor<float> operator()(const ebb::Tensor<float>& x) const { return x / 2; }
    void visit(auto&) const {}
  } halve;
  std::unique_ptr<Model> inner;
  ebb::Tensor<float> operator()(const ebb::Tensor<float>& x) const { return call(*this, halve, call(*this, *inner, x)); }
  void visit(auto& field) const { field("halve", halve), field("inner", inner); }
};
void train(const Model& model, const ebb::nn::Linear<double>& precise, ebb::Parameter<double>& w) {
  ebb::nn::AdamW a(model, {.lr = 3e-4, .clip = ebb::nn::clip_by_norm(1.0)});
  ebb::nn::SGD<double> b(precise);
  ebb::nn::Adam c(ebb::nn::parameters(precise));
  ebb::nn::Lion d(w);
  ebb::nn::RMSProp<> e({{.parameters = ebb::nn::parameters(model), .lr = 0.1}}, {.lr = 0.2});
  ebb::nn::LBFGS f(model);
  f.step([&] { return sum(model.layer.weight); });
  ebb::nn::EMA g(model, {.decay = 0.99});
  g = ebb::nn::EMA(std::move(g));
}
void program(const Own& own, const ebb::Tensor<float>& a, const ebb::Tensor<float>& b, const std::vector<float>& v) {
  ebb::Generator generator(1);
  const ebb::nn::Sequential net(ebb::nn::Linear(2, 2, generator), ebb::nn::Activation::tanh, Model(generator));
  const ebb::Tensor<float> matrix{{1, 2}, {3, 4}}, vector({v.size()}, v);
  std::cout << own(net(a)) << ebb::concatenate({a, b}, 1) << ebb::stack({a, b}) << matrix.shape() << ebb::IntArray({2, 3}) << vector;
  std::cout << gather(a, {3, 7}, 0) << cross_entropy(a, {2, 1}) << maximum(1 - a, 0) << max(a, {0});
  for (auto& parameter : ebb::nn::parameters(own)) parameter.set_trainable(false);
}
E2

refused 'ebb needs C++20: compile with -std=c++20' ebb.hpp -std=c++17 <<<''
refused 'include <ebb/ops/ops.hpp>' autograd/autograd.hpp \
  <<<'auto f(const ebb::Tensor<double>& a, const ebb::Tensor<double>& b) { return a + b; }'
refused 'write auto& for a parameter, a model& for a model' \
  <<<'void f(ebb::nn::ParameterList<float> list) { for (auto parameter : list) parameter.set_trainable(false); }'
refused 'write auto& for a parameter, a model& for a model' <<<"$model
void g(Model); void f(const Model& model) { g(model); }"
refused 'write a.set_value(b.value())' <<<"$model
void f(Model& model, const Model& best) { model = best; }"
refused 'pass a lambda' <<<"$model
auto f(const Model& model, const ebb::Tensor<float>& x) { return ebb::checkpoint(model, x); }"
refused 'take it by reference' \
  <<<'struct M { M(ebb::Generator); }; void f(ebb::Generator& generator) { M m(generator); }'
refused 'void visit(auto& field) const' \
  <<<'struct M { ebb::nn::Linear<> layer; }; auto f(const M& m) { return ebb::nn::parameters(m).size(); }'
refused 'void visit(auto& field) const' <<<'struct M { ebb::nn::Linear<> layer; void visit(auto& field) { field("layer", layer); } };
auto f(const M& m) { return ebb::nn::parameters(m).size(); }'
refused 'void visit(auto& field) const' <<<'struct M { int width; void visit(auto& field) const { field("width", width); } };
auto f(const M& m) { return ebb::nn::parameters(m).size(); }'
for optimizer in SGD Adam AdamW RMSProp Adagrad Lion Muon LBFGS EMA; do
  refused 'void visit(auto& field) const' \
    <<<"struct M { ebb::nn::Linear<> layer; }; void f(const M& m) { ebb::nn::$optimizer optimizer(m); }"
done
refused 'say AdamW<double>(model)' <<<'struct M { ebb::nn::Linear<double> layer; void visit(auto& field) const { field("layer", layer); } };
void f(const M& m) { ebb::nn::AdamW optimizer(m); }'
refused 'void visit(auto& field) const' <<<'ebb::nn::AdamW optimizer(3);'
refused 'float and double do not mix' <<<'void f(const ebb::nn::ParameterList<double>& p) { ebb::nn::SGD<float> optimizer(p); }'
refused 'this layer holds parameters, but does not list them' <<<'struct L { ebb::nn::Linear<> inner; auto operator()(const ebb::Tensor<float>& x) const { return inner(x); } };
auto f(ebb::nn::Sequential<L>& net) { return ebb::nn::parameters(net).size(); }'
refused 'it needs an operator()' <<<'struct L { ebb::Tensor<float> operator()(const ebb::Tensor<float>& x) { return x; } void visit(auto&) const {} };
struct M { L l; auto operator()(const ebb::Tensor<float>& x) const { return call(*this, l, x); } void visit(auto& field) const { field("l", l); } };
auto f(const M& m, const ebb::Tensor<float>& x) { return m(x); }'
refused 'float and double do not mix' \
  <<<'auto f(const ebb::Tensor<float>& a, const ebb::Tensor<double>& b) { return a + b; }'
refused 'where(mask, x, 0)' <<<'auto f(const ebb::Tensor<float>& x, const ebb::IntArray& mask) { return x * mask; }'
refused 'where(mask, x, 0)' <<<'auto f(const ebb::Parameter<double>& w, const ebb::Tensor<double>& x) { return (x > 0) * w; }'
refused 'write x - to_tensor<T>(i)' <<<'auto f(const ebb::Tensor<float>& x, const ebb::IntArray& ids) { return x - ids; }'
refused 'for integers write ebb::IntArray' <<<'ebb::Tensor<int> f();  void g() { (void)f(); }'
refused 'write max(x, {axis}), or maximum(x, number)' <<<'auto f(const ebb::Tensor<float>& m) { return max(1 - m, 0); }'
refused 'give it a name first' <<<'auto f(const ebb::Tensor<float>& x) { return softmax(x).data(); }'
refused 'give it a name first' <<<'void f(const ebb::Tensor<float>& x) { for (float v : softmax(x).value().values()) (void)v; }'
refused 'nodiscard' <<<'void f() { ebb::NoRecording(); }'
refused 'nodiscard' <<<'void f(const ebb::Tensor<float>& x) { tanh(x); }'

exit $((failures > 0))
