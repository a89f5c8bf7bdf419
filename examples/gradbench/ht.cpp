// Tracking a hand: how far points that were measured are from a model of a hand in a pose, and the Jacobian with
// respect to the pose. The model is a mesh, whose vertices follow bones.

#include "evals.hpp"

namespace gradbench {
namespace {

struct Model {
  std::vector<int> parents;  // of each bone, an earlier one; -1 for none
  Tensor base_relatives;     // from a bone to its parent: [bones, 4, 4]
  Tensor inverse_base_absolutes;
  Tensor base_positions;  // [vertices, 4]
  Tensor weights;         // how much a vertex follows a bone: [vertices, bones]
  ebb::IntArray triangles;
  bool is_mirrored;
};
void from_json(const Json& json, Model& model) {
  json.at("parents").get_to(model.parents);
  json.at("base_relatives").get_to(model.base_relatives);
  json.at("inverse_base_absolutes").get_to(model.inverse_base_absolutes);
  json.at("base_positions").get_to(model.base_positions);
  json.at("weights").get_to(model.weights);
  json.at("triangles").get_to(model.triangles);
  json.at("is_mirrored").get_to(model.is_mirrored);
}

struct Input {
  Tensor theta;  // [26]: rotation (3) and place (3) of the hand, and four angles of each of five fingers
  Tensor us;     // where on its triangle each point is: [points, 2]; empty where the points are vertices
  Model model;
  ebb::IntArray correspondences;  // the triangle, or the vertex, of each point
  Tensor points;                  // [points, 3]

  bool on_triangles() const { return us.size() > 0; }
};
void from_json(const Json& json, Input& input) {
  const Json& data = json.at("data");
  json.at("theta").get_to(input.theta), json.at("us").get_to(input.us), data.at("model").get_to(input.model);
  data.at("correspondences").get_to(input.correspondences), data.at("points").get_to(input.points);
}

/// How far each bone is turned about two of its axes. The angles stand from theta[6] on, four for each finger: two of
/// its second bone, one of its third, one of its fourth. Bone 0 is the wrist; the fingers follow, four bones each.
struct Turns {
  Tensor x, z;  // [bones]
};
Turns turns_of_bones(const Tensor& theta, std::size_t bones) {
  constexpr std::int32_t first_angle = 6, fingers = 5, per_finger = 4;
  const Tensor angles = pad(theta, 0, 0, 1);  // with a 0 for what does not turn
  std::vector<std::int32_t> x(bones, static_cast<std::int32_t>(theta.size())), z = x;
  for (std::int32_t finger = 0; finger < fingers; ++finger) {
    const std::int32_t angle = first_angle + per_finger * finger;
    const auto bone = static_cast<std::size_t>(2 + per_finger * finger);
    x.at(bone) = angle;
    z.at(bone) = angle + 1;
    x.at(bone + 1) = angle + 2;
    x.at(bone + 2) = angle + 3;
  }
  const auto at = [&](const std::vector<std::int32_t>& which) {
    return gather(angles, ebb::IntArray({static_cast<ebb::Index>(bones)}, which), 0);
  };
  return {at(x), at(z)};
}

/// A turn about the first axis, then one about the third, in homogeneous coordinates: [bones, 4, 4].
Tensor turn_matrices(const Turns& by) {
  const Tensor cx = cos(by.x), sx = sin(by.x), cz = cos(by.z), sz = sin(by.z);
  const Tensor zero = ebb::zeros<double>(cx.shape()), one = ebb::ones<double>(cx.shape());
  const Tensor elements = ebb::stack({cz, -sz * cx, sz * sx, zero,  //
                                      sz, cz * cx, -cz * sx, zero,  //
                                      zero, sx, cx, zero,           //
                                      zero, zero, zero, one},
                                     1);
  return reshape(elements, {-1, 4, 4});
}

/// From where each bone is in the resting hand to where it is in this pose: [bones, 4, 4].
Tensor bone_transforms(const Model& model, const Tensor& theta) {
  const auto turns = turn_matrices(turns_of_bones(theta, model.parents.size()));
  const auto relatives = unbind(matmul(model.base_relatives, turns));
  std::vector<Tensor> absolutes;
  for (std::size_t bone = 0; bone < relatives.size(); ++bone) {
    const int parent = model.parents[bone];
    absolutes.push_back(parent < 0 ? relatives[bone]
                                   : matmul(absolutes.at(static_cast<std::size_t>(parent)), relatives[bone]));
  }
  return matmul(stack(absolutes), model.inverse_base_absolutes);
}

/// The rotation about an axis [3], by an angle that is its length; none where that is less than 1e-4.
Tensor rotation_matrix(const Tensor& rotation) {
  const Tensor angle = norm(rotation);
  if (angle.item() < 1e-4) return ebb::eye<double>(3);
  const Tensor axis = rotation / angle;
  const Tensor zero = ebb::zeros<double>({}), x = select(axis, 0, 0), y = select(axis, 0, 1), z = select(axis, 0, 2);
  const Tensor across = reshape(ebb::stack({zero, -z, y, z, zero, -x, -y, x, zero}), {3, 3});
  return cos(angle) * ebb::eye<double>(3) + (1 - cos(angle)) * outer(axis, axis) + sin(angle) * across;
}

/// The mesh in this pose: [vertices, 3].
Tensor vertex_positions(const Model& model, const Tensor& theta) {
  // A vertex is moved by the mean of its bones' transforms.
  const Tensor transforms = reshape(bone_transforms(model, theta), {-1, 16});
  const Tensor means = reshape(matmul(model.weights, transforms), {-1, 4, 4});
  Tensor positions = squeeze(matmul(slice(means, 1, {0, 3}), unsqueeze(model.base_positions, 2)), {2});
  if (model.is_mirrored) positions *= Tensor({3}, {-1, 1, 1});
  return matmul(positions, rotation_matrix(slice(theta, 0, {0, 3})), {.transpose_b = true}) + slice(theta, 0, {3, 6});
}

/// What was measured less where the model has it: [points, 3].
Tensor errors(const Input& input, const Tensor& theta, const Tensor& us) {
  const Tensor positions = vertex_positions(input.model, theta);
  if (!input.on_triangles()) return input.points - gather(positions, input.correspondences, 0);
  const Tensor corners = gather(positions, gather(input.model.triangles, input.correspondences, 0), 0);
  const Tensor shares = ebb::concatenate({us, 1 - sum(us, 1, {.keep = true})}, 1);  // of each corner: [points, 3]
  return input.points - sum(unsqueeze(shares, 2) * corners, 1);
}

Tensor objective(const Input& input) { return reshape(errors(input, input.theta, input.us), {-1}); }

/// [3 points, 26], or [3 points, 28] with the derivatives with respect to a point's own two `us` first.
Tensor jacobian_of_errors(const Input& input) {
  ebb::Tape<double> tape;
  const Tensor theta = tape.watch(input.theta), us = tape.watch(input.us);
  const Tensor y = errors(input, theta, us);

  // There are more errors than angles. u J is linear in u, and its Jacobian is J transposed: a walk for each angle.
  const Tensor u = tape.watch(ebb::zeros<double>(y.shape()));
  const Tensor uJ = grad(y, theta, {.cotangent = u, .create_graph = true});
  const Tensor by_theta = transpose(reshape(jacobian(uJ, u), {theta.size(), -1}));
  if (!input.on_triangles()) return by_theta;
  return ebb::concatenate({reshape(batched_jacobian(y, us), {-1, 2}), by_theta}, 1);
}

}  // namespace

Eval ht() {
  return {"ht", {{"objective", function<Input>(objective)}, {"jacobian", function<Input>(jacobian_of_errors)}}};
}

}  // namespace gradbench
