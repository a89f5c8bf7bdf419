#include "evaluate.hpp"

namespace gradbench {
namespace {

using Matrix = std::vector<std::vector<double>>;

/// The identity, but for this shift along the first two axes.
Matrix shift(double x, double y) { return {{1, 0, 0, x}, {0, 1, 0, y}, {0, 0, 1, 0}, {0, 0, 0, 1}}; }

/// A hand of four vertices: the wrist at the origin, five fingers of four bones, each bone 1 further along the first
/// axis, and the forearm. Each vertex follows bones of a finger, the last of them two.
Json hand(const std::vector<double>& theta, const Json& us) {
  constexpr std::size_t bones = 22;
  std::vector<int> parents(bones, -1);
  std::vector<Matrix> relatives(bones, shift(0, 0)), inverses(bones, shift(0, 0));
  for (std::size_t finger = 0; finger < 5; ++finger)
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t bone = 1 + 4 * finger + i;
      const auto y = static_cast<double>(finger), x = static_cast<double>(i + 1);
      parents[bone] = i == 0 ? 0 : static_cast<int>(bone - 1);
      relatives[bone] = i == 0 ? shift(1, y) : shift(1, 0);
      inverses[bone] = shift(-x, -y);
    }
  const Matrix positions{{4.5, 0.25, 0.5, 1}, {3.5, 1, -0.5, 1}, {2.25, 2, 1, 1}, {4, 4.5, 0.75, 1}};
  Matrix weights(4, std::vector<double>(bones, 0.0));
  weights[0][4] = weights[1][7] = weights[2][10] = 1;
  weights[3][19] = 0.25, weights[3][20] = 0.75;
  const Json model{{"bone_count", bones},         {"bone_names", Json::array()},         {"parents", parents},
                   {"base_relatives", relatives}, {"inverse_base_absolutes", inverses},  {"base_positions", positions},
                   {"weights", weights},          {"triangles", {{0, 1, 2}, {3, 1, 0}}}, {"is_mirrored", false}};
  const Json points{{1, 2, 3}, {-1, 0.5, 2}, {0, 0, 1}};
  const std::vector<int> correspondences =
      us.empty() ? std::vector{3, 0, 2} : std::vector{1, 0, 1};  // vertices, or triangles
  return {{"theta", theta},
          {"us", us},
          {"data", {{"model", model}, {"correspondences", correspondences}, {"points", points}}}};
}

const Json on_triangles{{0.25, 0.5}, {0.1, 0.2}, {0.6, 0.3}};

std::vector<double> some_pose() {
  std::vector<double> theta;
  for (int i = 0; i < 26; ++i) theta.push_back(0.4 * std::sin(i + 1.0));
  return theta;
}

/// Those of each row, one after the other.
std::vector<double> rows(const std::vector<std::vector<double>>& columns) {
  std::vector<double> numbers;
  for (std::size_t row = 0; row < columns.at(0).size(); ++row)
    for (const auto& column : columns) numbers.push_back(column[row]);
  return numbers;
}

}  // namespace

TEST_CASE("gradbench: ht at rest: the points less the vertices") {
  const Json output = evaluate("ht", "objective", hand(std::vector<double>(26, 0.0), Json::array()));
  check_close(output, {1 - 4, 2 - 4.5, 3 - 0.75, -1 - 4.5, 0.5 - 0.25, 2 - 0.5, 0 - 2.25, 0 - 2, 1 - 1});
}

TEST_CASE("gradbench: ht mirrors a left hand") {
  Json input = hand(std::vector<double>(26, 0.0), Json::array());
  input["data"]["model"]["is_mirrored"] = true;
  const Json output = evaluate("ht", "objective", input);
  check_close(Json{output[0], output[1], output[2]}, {1 + 4, 2 - 4.5, 3 - 0.75});
}

TEST_CASE("gradbench: ht turns and moves the hand") {
  std::vector<double> theta(26, 0.0);
  theta[2] = std::acos(0.0);  // a quarter turn about the third axis: (x, y) to (-y, x)
  theta[3] = 10;
  const Json output = evaluate("ht", "objective", hand(theta, Json::array()));
  check_close(output,
              {1 - (10 - 4.5), 2 - 4, 3 - 0.75, -1 - (10 - 0.25), 0.5 - 4.5, 2 - 0.5, 0 - (10 - 2), 0 - 2.25, 1 - 1});
}

TEST_CASE("gradbench: ht bends a finger at its joints") {
  std::vector<double> theta(26, 0.0);
  theta[7] = std::acos(0.0);  // the first finger, sideways, at its second joint, (2, 0): what follows is along y
  Json output = evaluate("ht", "objective", hand(theta, Json::array()));
  check_close(Json{output[3], output[4], output[5]}, {-1 - (2 - 0.25), 0.5 - 2.5, 2 - 0.5});
}

TEST_CASE("gradbench: ht bends each joint by an angle of its own") {
  // Vertex 0 is on the last bone of the first finger; 1 on the third of the second; 2 on the second of the third.
  const auto moves = [](std::size_t angle, int vertex) {
    std::vector<double> theta(26, 0.0);
    Json at_rest = hand(theta, Json::array());
    at_rest["data"]["correspondences"] = {vertex, vertex, vertex};
    Json bent = at_rest;
    bent["theta"][angle] = 0.5;
    return evaluate("ht", "objective", bent) != evaluate("ht", "objective", at_rest);
  };
  for (std::size_t angle = 6; angle < 26; ++angle) {
    CAPTURE(angle);
    CHECK(moves(angle, 0) == (angle <= 9));
    CHECK(moves(angle, 1) == (angle >= 10 && angle <= 12));
    CHECK(moves(angle, 2) == (angle == 14 || angle == 15));
  }
}

TEST_CASE("gradbench: ht on triangles: corners by their shares") {
  const Json output = evaluate("ht", "objective", hand(std::vector<double>(26, 0.0), on_triangles));
  // The first point is on triangle 1, of the vertices 3, 1, 0.
  check_close(Json{output[0], output[1]},
              {1 - (0.25 * 4 + 0.5 * 3.5 + 0.25 * 4.5), 2 - (0.25 * 4.5 + 0.5 * 1 + 0.25 * 0.25)});
}

TEST_CASE("gradbench: ht's Jacobian, by differences") {
  const Json input = hand(some_pose(), Json::array());
  check_close(evaluate("ht", "jacobian", input), rows(differences("ht", "objective", input, {"theta"})),
              by_differences);
}

TEST_CASE("gradbench: ht's Jacobian on triangles has a point's own shares first") {
  const Json input = hand(some_pose(), on_triangles);
  auto columns = differences("ht", "objective", input, {"us"});  // of each point: 6 columns, of which 2 are its own
  std::vector<std::vector<double>> expected(2);
  for (std::size_t row = 0; row < 9; ++row)
    for (std::size_t k = 0; k < 2; ++k) expected[k].push_back(columns[2 * (row / 3) + k][row]);
  for (const auto& column : differences("ht", "objective", input, {"theta"})) expected.push_back(column);
  check_close(evaluate("ht", "jacobian", input), rows(expected), by_differences);
}

}  // namespace gradbench
