// einsum: a letter for each axis says which elements are multiplied, and which are summed over: those that the result
// lacks. What would be a chain of permute, reshape and matmul is one line, whose derivatives come by themselves.

#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

using Tensor = ebb::Tensor<double>;

bool same(const Tensor& a, const Tensor& b) { return a.shape() == b.shape() && max(abs(a - b)).item() < 1e-12; }

}  // namespace

int main() {
  ebb::Generator random(1);
  const auto draw = [&](const ebb::Shape& shape) { return ebb::normal<double>(shape, random.next()); };

  const Tensor a = draw({3, 4}), b = draw({4, 5}), square_matrix = draw({4, 4});
  claim(same(ebb::einsum("ij,jk->ik", {a, b}), matmul(a, b)), "ij,jk->ik is a product of matrices");
  claim(same(ebb::einsum("ii->", {square_matrix}), sum(diagonal(square_matrix))), "ii-> is a trace");
  claim(same(ebb::einsum("ij->j", {a}), sum(a, 0)), "ij->j sums the rows up");

  // A bilinear layer: y[b, k] = sum over i and j of x[b, i] W[k, i, j] z[b, j].
  const Tensor x = draw({2, 3}), z = draw({2, 4}), w = draw({5, 3, 4});
  const Tensor bilinear = ebb::einsum("bi,kij,bj->bk", {x, w, z});
  const Tensor by_hand = dot(select(x, 0, 1), squeeze(matmul(select(w, 0, 2), unsqueeze(select(z, 0, 1), 1)), 1));
  claim(same(select(select(bilinear, 0, 1), 0, 2), by_hand), "three factors make a bilinear form");

  // The scores of attention in several heads, with the heads left where the projections put them.
  const Tensor q = draw({2, 6, 3, 4}), k = draw({2, 7, 3, 4});  // [batch, length, heads, width]
  const Tensor scores = ebb::einsum("bqhw,bkhw->bhqk", {q, k});
  const Tensor by_permuting = matmul(permute(q, {0, 2, 1, 3}), permute(k, {0, 2, 1, 3}), {.transpose_b = true});
  claim(same(scores, by_permuting), "no axis need be moved by hand");

  const auto f = [](const std::vector<Tensor>& in) { return ebb::einsum("bi,kij,bj->bk", in); };
  claim(ebb::gradcheck(f, {x, w, z}).passed, "the derivatives are right, to second order");
}
