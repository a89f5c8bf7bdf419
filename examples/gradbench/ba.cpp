// Bundle adjustment: how far points in space, seen by cameras, are from where the pictures have them; and the sparse
// matrix of all derivatives. An observation depends on 15 numbers alone, so that the matrix is small blocks, which
// `batched_jacobian` gives for all observations in two walks.

#include <algorithm>

#include "evals.hpp"

namespace gradbench {
namespace {

constexpr ebb::Index of_camera = 11;  // rotation (3), centre (3), focal length, principal point (2), distortion (2)
constexpr ebb::Index of_point = 3;
constexpr ebb::Index of_observation = of_camera + of_point + 1;  // a weight

/// As many as the suite asks for, made of one of each. Cameras take turns from observation to observation, and so do
/// points.
struct Input {
  Tensor cameras, points, weights, seen;  // [cameras, 11], [points, 3], [observations, 1], [observations, 2]
  ebb::IntArray camera, point;            // [observations]
};

void from_json(const Json& json, Input& input) {
  const auto cameras = json.at("n").get<ebb::Index>(), points = json.at("m").get<ebb::Index>();
  const auto observations = json.at("p").get<ebb::Index>();
  input.cameras = expand(json.at("cam").get<Tensor>(), {cameras, of_camera});
  input.points = expand(json.at("x").get<Tensor>(), {points, of_point});
  input.weights = expand(json.at("w").get<Tensor>(), {observations, 1});
  input.seen = expand(json.at("feat").get<Tensor>(), {observations, 2});
  input.camera = remainder(ebb::arange(0, observations), cameras);
  input.point = remainder(ebb::arange(0, observations), points);
}

/// Of vectors in the last axis.
Tensor cross(const Tensor& a, const Tensor& b) {
  return roll(a, -1, 1) * roll(b, -2, 1) - roll(a, -2, 1) * roll(b, -1, 1);
}

/// Turns x about an axis, by an angle that is the axis' length (Rodrigues' formula): both [observations, 3].
Tensor rotate(const Tensor& x, const Tensor& rotation) {
  const Tensor squared = sum(square(rotation), 1, {.keep = true});
  const ebb::IntArray turns = squared > 0;
  const Tensor angle = sqrt(where(turns, squared, 1)), axis = rotation / angle;
  const Tensor along = axis * sum(axis * x, 1, {.keep = true});
  const Tensor turned = x * cos(angle) + cross(axis, x) * sin(angle) + along * (1 - cos(angle));
  return where(turns, turned, x + cross(rotation, x));
}

/// Where the pictures should have the points, less where they have them, times a weight: from what each observation
/// depends on, [observations, 15], to [observations, 2].
Tensor reprojection_errors(const Tensor& observations, const Tensor& seen) {
  const auto part = split(observations, {3, 3, 1, 2, 2, 3, 1}, 1);
  const Tensor &rotation = part[0], &centre = part[1], &focal = part[2], &principal = part[3], &distortion = part[4],
               &point = part[5], &weight = part[6];
  const Tensor x = rotate(point - centre, rotation);
  const Tensor plane = slice(x, 1, {0, 2}) / slice(x, 1, {2, 3});
  const Tensor r2 = sum(square(plane), 1, {.keep = true});
  const Tensor factor = 1 + sum(distortion * ebb::concatenate({r2, square(r2)}, 1), 1, {.keep = true});
  return weight * (plane * factor * focal + principal - seen);
}

Tensor weight_errors(const Tensor& weights) { return 1 - square(weights); }

/// What each observation depends on: [observations, 15].
Tensor observations_of(const Input& input) {
  return ebb::concatenate({gather(input.cameras, input.camera, 0), gather(input.points, input.point, 0), input.weights},
                          1);
}

struct Errors {
  Tensor reprojection, weight;
};
void to_json(Json& json, const Errors& errors) {  // the suite asks for the first of each alone: all are alike
  json = {
      {"reproj_error", {{"elements", select(errors.reprojection, 0, 0)}, {"repeated", errors.reprojection.extent(0)}}},
      {"w_err", {{"element", errors.weight.at({0, 0})}, {"repeated", errors.weight.extent(0)}}}};
}

Errors objective(const Input& input) {
  return {reprojection_errors(observations_of(input), input.seen), weight_errors(input.weights)};
}

/// Row r has the values number rows[r] to rows[r + 1] - 1, in the columns `cols`.
struct SparseMatrix {
  std::vector<ebb::Index> rows, cols;
  std::vector<double> vals;
};
void to_json(Json& json, const SparseMatrix& matrix) {  // the suite asks for the first thirty and the last alone
  const auto ends = [](const auto& all) {
    auto some = all;
    some.resize(std::min<std::size_t>(all.size(), 2 * of_observation));
    some.push_back(all.back());
    return some;
  };
  json = {{"rows", ends(matrix.rows)}, {"cols", ends(matrix.cols)}, {"vals", ends(matrix.vals)}};
}

SparseMatrix jacobian_of_errors(const Input& input) {
  ebb::Tape<double> tape;
  const Tensor observations = tape.watch(observations_of(input)), weights = tape.watch(input.weights);
  const Tensor reprojection = batched_jacobian(reprojection_errors(observations, input.seen), observations);
  const Tensor weight = batched_jacobian(weight_errors(weights), weights);

  // A row has a column for each number of each camera, then of each point, then for each observation's weight.
  const ebb::Index first_point = of_camera * input.cameras.extent(0);
  const ebb::Index first_weight = first_point + of_point * input.points.extent(0), count = weights.extent(0);
  const auto values = static_cast<std::size_t>(reprojection.size() + count);
  SparseMatrix matrix{.rows = {0}, .cols = {}, .vals = {}};
  matrix.rows.reserve(static_cast<std::size_t>(3 * count + 1));
  matrix.cols.reserve(values);
  matrix.vals.reserve(values);
  matrix.vals.assign(reprojection.data(), reprojection.data() + reprojection.size());
  for (ebb::Index i = 0; i < count; ++i)
    for (int coordinate = 0; coordinate < 2; ++coordinate) {
      for (ebb::Index k = 0; k < of_camera; ++k) matrix.cols.push_back(of_camera * input.camera.data()[i] + k);
      for (ebb::Index k = 0; k < of_point; ++k)
        matrix.cols.push_back(first_point + of_point * input.point.data()[i] + k);
      matrix.cols.push_back(first_weight + i);
      matrix.rows.push_back(matrix.rows.back() + of_observation);
    }
  for (ebb::Index i = 0; i < count; ++i) {
    matrix.cols.push_back(first_weight + i);
    matrix.vals.push_back(weight.data()[i]);
    matrix.rows.push_back(matrix.rows.back() + 1);
  }
  return matrix;
}

}  // namespace

Eval ba() {
  return {"ba", {{"objective", function<Input>(objective)}, {"jacobian", function<Input>(jacobian_of_errors)}}};
}

}  // namespace gradbench
