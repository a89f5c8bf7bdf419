// What may stand on which side of an operation: tensors, parameters and numbers, in float and in double, called
// unqualified. Much of it is tested by compiling.
#include <cmath>
#include <string>

#include "support/check.hpp"

using namespace ebb_test;

namespace {

/// Evaluates the expression, and checks that everything it records names this line.
#define CHECK_RECORDED_HERE(expression)                           \
  do {                                                            \
    Tape<T> tape;                                                 \
    (void)(expression);                                           \
    CHECK(tape.size() > 1);                                       \
    for (ebb::Index i = 0; i < tape.size(); ++i) {                \
      CHECK(tape[i].where.line() == __LINE__);                    \
      CHECK(contains(tape[i].where.file(), "operands_test.cpp")); \
    }                                                             \
  } while (false)

template <class A, class B>
concept Addable = requires(const A& a, const B& b) {
  a + b;
};

/// The operators between 3 and 2, given as any two of tensor, parameter and number.
template <class A, class B>
void check_operators(const A& three, const B& two) {
  CHECK((three + two).item() == 5);
  CHECK((three - two).item() == 1);
  CHECK((three * two).item() == 6);
  CHECK((three / two).item() == 1.5);
  CHECK((three < two).item() == 0);
  CHECK((three > two).item() == 1);
  CHECK((three <= two).item() == 0);
  CHECK((three >= two).item() == 1);
}

/// The functions that take numbers on either side, of 3 and 2.
template <class A, class B>
void check_two_sided(const A& three, const B& two) {
  CHECK(add(three, two).item() == 5);
  CHECK(subtract(three, two).item() == 1);
  CHECK(multiply(three, two).item() == 6);
  CHECK(divide(three, two).item() == 1.5);
  CHECK(power(three, two).item() == 9);
  CHECK(minimum(three, two).item() == 2);
  CHECK(maximum(three, two).item() == 3);
  CHECK(hypot(three, two).item() == Approx(std::sqrt(13.0)));
  CHECK(logaddexp(three, two).item() == Approx(std::log(std::exp(3.0) + std::exp(2.0))));
  CHECK(atan2(three, two).item() == Approx(std::atan2(3.0, 2.0)));
  CHECK(less(three, two).item() == 0);
  CHECK(less_equal(three, two).item() == 0);
  CHECK(equal(three, two).item() == 0);
  CHECK(where(IntArray({}, {1}), three, two).item() == 3);
}

/// Every pair of tensor, parameter and number; two numbers are the language's own business.
template <class T, class Check>
void check_pairs(Check check) {
  const Tensor<T> tensor_3({}, {3}), tensor_2({}, {2});
  const Parameter<T> parameter_3(Array<T>({}, {3})), parameter_2(Array<T>({}, {2}));
  check(tensor_3, tensor_2);
  check(tensor_3, parameter_2);
  check(parameter_3, tensor_2);
  check(parameter_3, parameter_2);
  check(tensor_3, 2);
  check(tensor_3, 2.0F);
  check(tensor_3, 2.0);
  check(tensor_3, 2U);
  check(parameter_3, 2);
  check(parameter_3, 2.0F);
  check(parameter_3, 2.0);
  check(3, tensor_2);
  check(3.0F, tensor_2);
  check(3.0, tensor_2);
  check(3U, tensor_2);
  check(3, parameter_2);
  check(3.0F, parameter_2);
  check(3.0, parameter_2);
}

}  // namespace

TEST_CASE_TEMPLATE("operators take every pair of tensor, parameter and number", T, float, double) {
  check_pairs<T>([](const auto& a, const auto& b) { check_operators(a, b); });
  CHECK((-Tensor<T>({}, {3})).item() == -3);
  CHECK((-Parameter<T>(Array<T>({}, {3}))).item() == -3);
  CHECK((2 * (Tensor<T>({}, {3}) + 1) - Tensor<T>({}, {4}) / 2).item() == 6);
}

TEST_CASE_TEMPLATE("two-sided functions take every pair of tensor, parameter and number", T, float, double) {
  check_pairs<T>([](const auto& a, const auto& b) { check_two_sided(a, b); });
}

TEST_CASE("float and double do not mix, nor do tensors and masks") {
  CHECK(Addable<Tensor<float>, Parameter<float>>);
  CHECK(Addable<Tensor<float>, double>);
  CHECK_FALSE(Addable<Tensor<float>, Tensor<double>>);
  CHECK_FALSE(Addable<Tensor<float>, Parameter<double>>);
  CHECK_FALSE(Addable<Tensor<float>, IntArray>);
  CHECK_FALSE(Addable<IntArray, Parameter<double>>);
  CHECK(Addable<IntArray, IntArray>);
  CHECK_FALSE(Addable<Tensor<float>, std::string>);
}

TEST_CASE_TEMPLATE("gradients reach a parameter on either side", T, float, double) {
  const Parameter<T> w(Array<T>({}, {3}));
  const auto gradient = [&](auto f) {
    Tape<T> tape;
    return grad(f(), w).item();
  };
  CHECK(gradient([&] { return w * w; }) == 6);
  CHECK(gradient([&] { return 2 / w; }) == Approx(-2.0 / 9));
  CHECK(gradient([&] { return Tensor<T>({}, {5}) - w; }) == -1);
  CHECK(gradient([&] { return power(w, 3); }) == 27);
  CHECK(gradient([&] { return power(2, w); }) == Approx(8 * std::log(2)));
  CHECK(gradient([&] { return maximum(0, w); }) == 1);
  CHECK(gradient([&] { return where(w > 2, w, 0); }) == 1);
}

TEST_CASE_TEMPLATE("operators record the line on which they stand", T, float, double) {
  const Parameter<T> w(Array<T>({}, {3}));
  const Tensor<T> x({}, {2});
  CHECK_RECORDED_HERE(w + x);
  CHECK_RECORDED_HERE(x - w);
  CHECK_RECORDED_HERE(w * w);
  CHECK_RECORDED_HERE(1 / w);
  CHECK_RECORDED_HERE(w + 1);
  CHECK_RECORDED_HERE(-w);
  CHECK_RECORDED_HERE(2 * (w + x) - x / w);
}

TEST_CASE_TEMPLATE("element-by-element functions record the line on which they are called", T, float, double) {
  const Parameter<T> w(Array<T>({3}, {1, 2, 3}));
  const Tensor<T> x({3}, {3, 2, 1});
  const IntArray mask({3}, {1, 0, 1});
  CHECK_RECORDED_HERE(add(w, x));
  CHECK_RECORDED_HERE(subtract(1, w));
  CHECK_RECORDED_HERE(multiply(w, 2));
  CHECK_RECORDED_HERE(divide(x, w));
  CHECK_RECORDED_HERE(negate(w));
  CHECK_RECORDED_HERE(square(w));
  CHECK_RECORDED_HERE(power(w, 2));
  CHECK_RECORDED_HERE(power(2, w));
  CHECK_RECORDED_HERE(power(x, w));
  CHECK_RECORDED_HERE(exp(w));
  CHECK_RECORDED_HERE(expm1(w));
  CHECK_RECORDED_HERE(log(w));
  CHECK_RECORDED_HERE(log1p(w));
  CHECK_RECORDED_HERE(sqrt(w));
  CHECK_RECORDED_HERE(safe_sqrt(w));
  CHECK_RECORDED_HERE(rsqrt(w));
  CHECK_RECORDED_HERE(abs(w));
  CHECK_RECORDED_HERE(sin(w));
  CHECK_RECORDED_HERE(cos(w));
  CHECK_RECORDED_HERE(tanh(w));
  CHECK_RECORDED_HERE(erf(w));
  CHECK_RECORDED_HERE(sigmoid(w));
  CHECK_RECORDED_HERE(softplus(w));
  CHECK_RECORDED_HERE(relu(w));
  CHECK_RECORDED_HERE(leaky_relu(w));
  CHECK_RECORDED_HERE(leaky_relu(w, 0.2));
  CHECK_RECORDED_HERE(gelu(w));
  CHECK_RECORDED_HERE(gelu_tanh(w));
  CHECK_RECORDED_HERE(silu(w));
  CHECK_RECORDED_HERE(hypot(w, x));
  CHECK_RECORDED_HERE(log2(w));
  CHECK_RECORDED_HERE(logaddexp(w, x));
  CHECK_RECORDED_HERE(tan(w));
  CHECK_RECORDED_HERE(asin(w));
  CHECK_RECORDED_HERE(acos(w));
  CHECK_RECORDED_HERE(atan(w));
  CHECK_RECORDED_HERE(atan2(w, x));
  CHECK_RECORDED_HERE(sinh(w));
  CHECK_RECORDED_HERE(cosh(w));
  CHECK_RECORDED_HERE(sign(w));
  CHECK_RECORDED_HERE(floor(w));
  CHECK_RECORDED_HERE(ceil(w));
  CHECK_RECORDED_HERE(round(w));
  CHECK_RECORDED_HERE(log_sigmoid(w));
  CHECK_RECORDED_HERE(elu(w));
  CHECK_RECORDED_HERE(softsign(w));
  CHECK_RECORDED_HERE(mish(w));
  CHECK_RECORDED_HERE(where(mask, w, x));
  CHECK_RECORDED_HERE(where(mask, w, 0));
  CHECK_RECORDED_HERE(where(mask, 0, w));
  CHECK_RECORDED_HERE(minimum(w, x));
  CHECK_RECORDED_HERE(maximum(0, w));
  CHECK_RECORDED_HERE(clamp(w, 0, 1));
  CHECK_RECORDED_HERE(dropout(w, 0.5, ebb::Key{1}));
}

TEST_CASE_TEMPLATE("functions of whole tensors record the line on which they are called", T, float, double) {
  const Parameter<T> w(Array<T>({2, 2}, {1, 2, 3, 4})), bias(Array<T>({2}, {1, 2}));
  const Tensor<T> x({2, 2}, {4, 3, 2, 1});
  const IntArray labels({2}, {0, 1}), mask({2, 2}, {1, 0, 1, 1});
  CHECK_RECORDED_HERE(sum(w));
  CHECK_RECORDED_HERE(sum(w, -1));
  CHECK_RECORDED_HERE(sum(w, {0, 1}, {.keep = true}));
  CHECK_RECORDED_HERE(mean(w));
  CHECK_RECORDED_HERE(mean(w, {0}));
  CHECK_RECORDED_HERE(variance(w));
  CHECK_RECORDED_HERE(variance(w, -1, {.correction = 1}));
  CHECK_RECORDED_HERE(max(w));
  CHECK_RECORDED_HERE(max(w, {0}));
  CHECK_RECORDED_HERE(min(w));
  CHECK_RECORDED_HERE(min(w, {0}));
  CHECK_RECORDED_HERE(logsumexp(w));
  CHECK_RECORDED_HERE(logsumexp(w, {0}));
  CHECK_RECORDED_HERE(prod(w));
  CHECK_RECORDED_HERE(prod(w, {0}));
  CHECK_RECORDED_HERE(standard_deviation(w));
  CHECK_RECORDED_HERE(standard_deviation(w, -1, {.correction = 1}));
  CHECK_RECORDED_HERE(norm(w));
  CHECK_RECORDED_HERE(norm(w, -1));
  CHECK_RECORDED_HERE(cosine_similarity(w, bias));
  CHECK_RECORDED_HERE(cumulative_sum(w, 0));
  CHECK_RECORDED_HERE(cumulative_product(w, 0));
  CHECK_RECORDED_HERE(cumulative_max(w, 0));
  CHECK_RECORDED_HERE(sort(w));
  CHECK_RECORDED_HERE(top_k(w, 1));
  CHECK_RECORDED_HERE(glu(w));
  CHECK_RECORDED_HERE(expand(w, {3, 2, 2}));
  CHECK_RECORDED_HERE(sum_to(w, {2}));
  CHECK_RECORDED_HERE(reshape(w, {4}));
  CHECK_RECORDED_HERE(permute(w, {1, 0}));
  CHECK_RECORDED_HERE(transpose(w));
  CHECK_RECORDED_HERE(transpose(w, 0, 1));
  CHECK_RECORDED_HERE(squeeze(unsqueeze(w, 0)));
  CHECK_RECORDED_HERE(squeeze(unsqueeze(w, 0), {0}));
  CHECK_RECORDED_HERE(slice(w, 0, {.start = 1}));
  CHECK_RECORDED_HERE(pad(w, 0, 1, 1));
  CHECK_RECORDED_HERE(flip(w, {0}));
  CHECK_RECORDED_HERE(concatenate(std::vector{x, w.tensor()}, 0));
  CHECK_RECORDED_HERE(stack(std::vector{x, w.tensor()}));
  CHECK_RECORDED_HERE(split(w, 2, 0));
  CHECK_RECORDED_HERE(split(w, {1, 1}, 0));
  CHECK_RECORDED_HERE(tile(w, {2, 1, 2}));
  CHECK_RECORDED_HERE(slice(w, {{0, 1}, {1, 2}}));
  CHECK_RECORDED_HERE(select(w, 0, 1));
  CHECK_RECORDED_HERE(unbind(w));
  CHECK_RECORDED_HERE(roll(w, 1, 0));
  CHECK_RECORDED_HERE(tril(w));
  CHECK_RECORDED_HERE(triu(w));
  CHECK_RECORDED_HERE(diagonal(w));
  CHECK_RECORDED_HERE(diag(w, 1));
  CHECK_RECORDED_HERE(scatter(x, labels, w, 0));
  CHECK_RECORDED_HERE(put_along_axis(w, mask, x, 0));
  CHECK_RECORDED_HERE(slice_scatter(w, 0, {0, 1}, bias));
  CHECK_RECORDED_HERE(take_along_axis(w, mask, 0));
  CHECK_RECORDED_HERE(gather(w, labels, 0));
  CHECK_RECORDED_HERE(scatter_add(x, labels, w, 0));
  CHECK_RECORDED_HERE(embedding(w, labels));
  CHECK_RECORDED_HERE(matmul(w, x));
  CHECK_RECORDED_HERE(matmul(x, w, {.transpose_b = true}));
  CHECK_RECORDED_HERE(linear(x, w, bias));
  CHECK_RECORDED_HERE(linear(x, w));
  CHECK_RECORDED_HERE(dot(bias, bias));
  CHECK_RECORDED_HERE(outer(bias, bias));
  CHECK_RECORDED_HERE(einsum("ij,jk->ki", {w.tensor(), x}));
  CHECK_RECORDED_HERE(triangular_solve(w, x));
  CHECK_RECORDED_HERE(triangular_solve(w, unsqueeze(x, 0)));
  CHECK_RECORDED_HERE(cholesky(matmul(w, w, {.transpose_b = true})));
  CHECK_RECORDED_HERE(log_determinant(matmul(w, w, {.transpose_b = true})));
  CHECK_RECORDED_HERE(solve(w, x));
  CHECK_RECORDED_HERE(solve(w, bias));
  CHECK_RECORDED_HERE(solve(w, unsqueeze(x, 0)));
  CHECK_RECORDED_HERE(inverse(w));
  CHECK_RECORDED_HERE(lu(w));
  CHECK_RECORDED_HERE(determinant(w));
  CHECK_RECORDED_HERE(log_abs_determinant(w));
  CHECK(determinant_sign(w).shape() == Shape{});
  CHECK_RECORDED_HERE(softmax(w));
  CHECK_RECORDED_HERE(softmax(w, 0));
  CHECK_RECORDED_HERE(softmax(w, mask));
  CHECK_RECORDED_HERE(log_softmax(w));
  CHECK_RECORDED_HERE(cross_entropy(w, labels));
  CHECK_RECORDED_HERE(cross_entropy(w, labels, {.label_smoothing = 0.1}));
  CHECK_RECORDED_HERE(binary_cross_entropy_with_logits(w, ebb::to_tensor<T>(mask)));
  CHECK_RECORDED_HERE(mean_squared_error(w, x));
  CHECK_RECORDED_HERE(huber_loss(w, x));
  CHECK_RECORDED_HERE(cross_entropy(w, labels, {.label_smoothing = 0.1, .class_weights = {1, 2}}));
  CHECK_RECORDED_HERE(cross_entropy(w, ebb::to_tensor<T>(mask), {.label_smoothing = 0.1, .class_weights = {1, 2}}));
  CHECK_RECORDED_HERE(negative_log_likelihood(w, labels));
  CHECK_RECORDED_HERE(kl_divergence(w, ebb::to_tensor<T>(mask)));
  CHECK_RECORDED_HERE(mean_absolute_error(w, x));
  CHECK_RECORDED_HERE(quantile_loss(w, x, 0.3));
  CHECK_RECORDED_HERE(hinge_loss(bias, 2 * labels - 1));
  CHECK_RECORDED_HERE(cosine_embedding_loss(w, x, 2 * labels - 1));
  CHECK_RECORDED_HERE(triplet_margin_loss(w, x, x));
  CHECK_RECORDED_HERE(layer_norm(x, bias, bias));
  CHECK_RECORDED_HERE(layer_norm(w));
  CHECK_RECORDED_HERE(rms_norm(w, bias));
  CHECK_RECORDED_HERE(batch_norm(x, bias, bias));
  CHECK_RECORDED_HERE(batch_norm(w, bias, bias, bias, bias));
  CHECK_RECORDED_HERE(group_norm(w, 2, bias, bias));
  CHECK_RECORDED_HERE(attention_weights(w, x));
  CHECK_RECORDED_HERE(scaled_dot_product_attention(w, x, w));
  CHECK_RECORDED_HERE(scaled_dot_product_attention(w, x, x, {.causal = true}));
}

TEST_CASE_TEMPLATE("functions of sequences and images record the line on which they are called", T, float, double) {
  const Parameter<T> w(Array<T>({2, 2, 2}, T{1})), square(Array<T>({2, 2}, T{1})), bias(Array<T>({2}, T{1}));
  const Parameter<T> gates(Array<T>({1, 4}, T{1})), three(Array<T>({1, 3}, T{1})), state(Array<T>({1}, T{1}));
  const Tensor<T> x = ebb::ones<T>({3, 2});
  CHECK_RECORDED_HERE(convolution(x, w, bias));
  CHECK_RECORDED_HERE(convolution(w, w));
  CHECK_RECORDED_HERE(transposed_convolution(x, w, bias));
  CHECK_RECORDED_HERE(transposed_convolution(w, w));
  CHECK_RECORDED_HERE(max_pool(w, 2));
  CHECK_RECORDED_HERE(average_pool(w, 2));
  CHECK_RECORDED_HERE(adaptive_max_pool(w, 1));
  CHECK_RECORDED_HERE(adaptive_average_pool(w, 1));
  CHECK_RECORDED_HERE(rnn(x, square, bias));
  CHECK_RECORDED_HERE(gru(three, three, state, ebb::ones<T>({3})));
  CHECK_RECORDED_HERE(lstm(gates, gates, state, state).hidden);
  CHECK_RECORDED_HERE(lstm(gates, gates, state, state).cell);
}

#undef CHECK_RECORDED_HERE
