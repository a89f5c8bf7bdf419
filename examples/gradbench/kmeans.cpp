// The cost of clustering, the sum over all points of the squared distance to the nearest centroid, and the direction of
// Newton's method: the gradient over the diagonal of the Hessian, which has nothing beside it.

#include "evals.hpp"

namespace gradbench {
namespace {

struct Input {
  Tensor points, centroids;  // [points, dimensions], [centroids, dimensions]
};
void from_json(const Json& json, Input& input) {
  json.at("points").get_to(input.points), json.at("centroids").get_to(input.centroids);
}

/// The index of the nearest centroid: [points]. |p - c|^2 = |p|^2 - 2 p c + |c|^2, and |p|^2 is the same for all c.
ebb::IntArray nearest(const Tensor& points, const Tensor& centroids) {
  return argmin(sum(square(centroids), 1) - 2 * matmul(points, centroids, {.transpose_b = true}), 1);
}

Tensor cost(const Tensor& points, const Tensor& centroids) {
  // The derivative of a minimum is that of the term which is the smallest; the others need not stand on the tape.
  return sum(square(points - gather(centroids, nearest(points, centroids.detach()), 0)));
}

double objective(const Input& input) { return cost(input.points, input.centroids).item(); }

Tensor direction(const Input& input) {
  ebb::Tape<double> tape;
  const Tensor centroids = tape.watch(input.centroids);
  const Tensor gradient = grad(cost(input.points, centroids), centroids, {.create_graph = true});
  // The Hessian is diagonal, so that its product with a vector of ones is that diagonal.
  const Tensor diagonal = vjp(gradient, centroids, ebb::ones<double>(centroids.shape()));
  return gradient.detach() / diagonal;
}

}  // namespace

Eval kmeans() { return {"kmeans", {{"cost", function<Input>(objective)}, {"dir", function<Input>(direction)}}}; }

}  // namespace gradbench
