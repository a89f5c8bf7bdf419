// Attention by hand. Three tokens, each with a query, a key and a value of width 2. A query is compared with every key:
// the better the two match, the more of that key's value goes into the token's output:
//
//     S = Q K^T / sqrt(width)      scores: how well query i matches key j
//     A = softmax(S)               weights: each row is positive and sums to 1
//     Y = A V                      output: row i is the mean of the values, weighted by row i of A
//
// The derivatives follow backwards, from dY, that of the output; attention_backward.md derives them:
//
//     dV = A^T dY,   dA = dY V^T
//     dS = A * (dA - rowsum(A * dA))        softmax: the weights of a row compete, so its derivatives sum to zero
//     dQ = dS K / sqrt(width),   dK = dS^T Q / sqrt(width)

#include <cmath>
#include <cstdio>
#include <ebb/ebb.hpp>

namespace {

using Tensor = ebb::Tensor<double>;

void print(const char* name, const Tensor& x) {
  std::printf("%s\n", name);
  for (ebb::Index i = 0; i < x.extent(0); ++i) {
    for (ebb::Index j = 0; j < x.extent(1); ++j) std::printf("  %7.4f", x.at({i, j}));
    std::printf("\n");
  }
}

double difference(const Tensor& a, const Tensor& b) { return sum(abs(a - b)).item(); }

Tensor gradient_of_scores(const Tensor& A, const Tensor& dA) { return A * (dA - sum(A * dA, -1, {.keep = true})); }

}  // namespace

int main() {
  const Tensor Q({3, 2}, {1, 0, 0, 1, 1, 1});
  const Tensor K({3, 2}, {2, 0, 0, 2, 1, -1});
  const Tensor V({3, 2}, {1, 0, 0, 1, 2, 3});
  const Tensor dY({3, 2}, {1, 2, -1, 1, 2, -1});
  const double scale = 1 / std::sqrt(2.0);

  // Step by step. No tape is in scope: these are numbers, nothing else.
  const Tensor S = scale * matmul(Q, K, {.transpose_b = true});
  const Tensor A = softmax(S);
  const Tensor Y = matmul(A, V);
  print("scores S", S);
  print("weights A", A);
  print("output Y", Y);

  const Tensor dV = matmul(A, dY, {.transpose_a = true});
  const Tensor dA = matmul(dY, V, {.transpose_b = true});
  const Tensor dS = gradient_of_scores(A, dA);
  const Tensor dQ = scale * matmul(dS, K);
  const Tensor dK = scale * matmul(dS, Q, {.transpose_a = true});
  print("gradient of the scores, dS", dS);
  print("gradient of the queries, dQ", dQ);
  print("gradient of the keys, dK", dK);
  print("gradient of the values, dV", dV);

  // Now by the library: one call forward, and the tape finds the way back.
  ebb::Tape<double> tape;
  const Tensor q = tape.watch(Q), k = tape.watch(K), v = tape.watch(V);
  const Tensor output = scaled_dot_product_attention(q, k, v);
  const auto gradients = grad(output, {q, k, v}, {.cotangent = dY});

  double apart = difference(output, Y);
  apart += difference(gradients[0], dQ);
  apart += difference(gradients[1], dK);
  apart += difference(gradients[2], dV);
  std::printf("scaled_dot_product_attention agrees: %s\n", apart < 1e-12 ? "yes" : "no");

  // Here the gradient ebbs away. The further apart the scores of a row, the closer its A is to one-hot and its dS to 0,
  // and queries and keys learn no more. Row 2 is an exception: two of its scores are equal, whatever the factor.
  Tensor row_norm;
  for (const double factor : {1.0, 4.0, 16.0}) {
    row_norm = sqrt(sum(square(gradient_of_scores(softmax(factor * S), dA)), -1));
    std::printf("scores times %2.0f: |dS| by row  %.1e  %.1e  %.1e\n", factor, row_norm.at({0}), row_norm.at({1}),
                row_norm.at({2}));
  }
  // Keys that are all alike: A is uniform, and dQ is that one key times the sum of a row of dS, which is zero.
  const Tensor uniform = softmax(ebb::zeros<double>({3, 3}));
  const Tensor dQ_of_equal_keys = matmul(gradient_of_scores(uniform, dA), ebb::ones<double>({3, 2}));
  const double largest = max(abs(dQ_of_equal_keys)).item();
  std::printf("largest |dQ| where all keys are alike: %.1f\n", largest);
  const bool ebbs_away = row_norm.at({1}) < 1e-8 && largest < 1e-12;

  // A causal model may not look ahead: token i attends to tokens up to i.
  const Tensor causal = attention_weights(Q, K, {.causal = true});
  print("causal weights", causal);
  const bool looks_ahead = causal.at({0, 1}) != 0 || causal.at({0, 2}) != 0 || causal.at({1, 2}) != 0;

  return apart < 1e-12 && ebbs_away && !looks_ahead ? 0 : 1;
}

/* In the debugger: EBB_FUSED=0 has the library's attention made of operations, each with its record. One call below the
loop of the walk stands the derivative of softmax: dA comes to it, and dS, as printed above, goes on to the scores.
(gdb) set environment EBB_FUSED 0
(gdb) ebb break softmax
(gdb) run
ebb: the value of softmax at 07_attention_by_hand.cpp:45
(gdb) continue
ebb: the value of softmax at 07_attention_by_hand.cpp:64
(gdb) continue
ebb: the derivative of #5 softmax at 07_attention_by_hand.cpp:64
(gdb) bt 2
#0  ...softmax_backward<double> (r=#5 softmax[3, 3] of #4 ...
#1  ... ebb::ReverseSweep<double>::run (...
(gdb) print dy
$1 = Tensor<double>[3, 3] {{1, 2, 8}, {-1, 1, 1}, {2, -1, 1}}
(gdb) print r.output
$2 = Tensor<double>[3, 3] #5 softmax {{0.575975, 0.140029, 0.283995}, {...}, {...}} at 07_attention_by_hand.cpp:64
(gdb) ebb tape
tape 1 of double, 7 records, walk at #5
   #  op        scope  shape   inputs    saved  line
   0  watch            [3, 2]            48 B   07_attention_by_hand.cpp:63
   1  watch            [3, 2]            48 B   07_attention_by_hand.cpp:63
   2  watch            [3, 2]            48 B   07_attention_by_hand.cpp:63
   3  multiply         [3, 2]  #0 const  56 B   07_attention_by_hand.cpp:64
   4  matmul           [3, 3]  #3 #1     96 B   07_attention_by_hand.cpp:64
-> 5  softmax          [3, 3]  #4        72 B   07_attention_by_hand.cpp:64
   6  matmul           [3, 2]  #5 #2     120 B  07_attention_by_hand.cpp:64
(gdb) ebb step-back
ebb: the derivative of #4 matmul at 07_attention_by_hand.cpp:64
(gdb) print dy
$3 = Tensor<double>[3, 3] {{-1.22567, -0.157953, 1.38363}, {...}, {...}}
*/

/* Output:
scores S
   1.4142   0.0000   0.7071
   0.0000   1.4142  -0.7071
   1.4142   1.4142   0.0000
weights A
   0.5760   0.1400   0.2840
   0.1784   0.7337   0.0879
   0.4458   0.4458   0.1084
output Y
   1.1440   0.9920
   0.3543   0.9975
   0.6626   0.7710
gradient of the scores, dS
  -1.2257  -0.1580   1.3836
  -0.2931   0.2617   0.0314
   0.6446  -0.6929   0.0483
gradient of the queries, dQ
  -0.7550  -1.2018
  -0.3923   0.3480
   0.9457  -1.0140
gradient of the keys, dK
  -0.4109   0.2485
  -0.6016  -0.3049
   1.0125   0.0564
gradient of the values, dV
   1.2892   0.8845
   0.2980   0.5679
   0.4128   0.5476
scaled_dot_product_attention agrees: yes
scores times  1: |dS| by row  1.9e+00  3.9e-01  9.5e-01
scores times  4: |dS| by row  5.2e-01  9.8e-03  1.1e+00
scores times 16: |dS| by row  1.2e-04  4.2e-10  1.1e+00
largest |dQ| where all keys are alike: 0.0
causal weights
   1.0000   0.0000   0.0000
   0.1956   0.8044   0.0000
   0.4458   0.4458   0.1084
*/
