#include "evaluate.hpp"

namespace gradbench {
namespace {

/// So many cameras, points and observations, all with a rotation about the third axis by this angle.
Json bundle(int cameras, int points, int observations, double angle) {
  return {{"n", cameras},       {"m", points},
          {"p", observations},  {"cam", {0, 0, angle, 0.5, -1, -4, 2, 0.25, 0.75, 0.1, 0.02}},
          {"x", {1.5, 1, -2}},  {"w", 0.5},
          {"feat", {0.3, -0.2}}};
}

}  // namespace

TEST_CASE("gradbench: ba's errors, worked out by hand") {
  // Less the centre, the point is (1, 2, 2): without rotation it is at (0.5, 1) in the plane, whose r^2 = 1.25.
  const double factor = 1 + 0.1 * 1.25 + 0.02 * 1.25 * 1.25;
  const Json output = evaluate("ba", "objective", bundle(2, 2, 3, 0));
  check_close(output.at("reproj_error").at("elements"),
              {0.5 * (0.5 * factor * 2 + 0.25 - 0.3), 0.5 * (factor * 2 + 0.75 + 0.2)});
  CHECK(output.at("reproj_error").at("repeated") == 3);
  CHECK(output.at("w_err") == Json{{"element", 0.75}, {"repeated", 3}});

  // A quarter turn takes (0.5, 1) to (-1, 0.5).
  const Json turned = evaluate("ba", "objective", bundle(1, 1, 1, std::acos(0.0)));
  check_close(turned.at("reproj_error").at("elements"),
              {0.5 * (-factor * 2 + 0.25 - 0.3), 0.5 * (0.5 * factor * 2 + 0.75 + 0.2)});
}

TEST_CASE("gradbench: ba's derivatives, by differences") {
  Json input = bundle(1, 1, 1, 0.3);
  SUBCASE("turned about an axis of its own") { input["cam"][0] = -0.2, input["cam"][1] = 0.4; }
  SUBCASE("not turned") { input["cam"][2] = 0; }
  const Json jacobian = evaluate("ba", "jacobian", input);
  const auto columns = differences("ba", "objective", input, {"cam", "x", "w"});  // of both errors, 1, and a count
  std::vector<double> expected;
  for (std::size_t row = 0; row < 2; ++row)
    for (const auto& column : columns) expected.push_back(column[row]);
  expected.push_back(-2 * 0.5);  // of 1 - w^2

  check_close(jacobian.at("vals"), expected, by_differences);
}

TEST_CASE("gradbench: ba's sparse matrix has its blocks where the numbers stand") {
  // Two cameras (columns 0 to 21), two points (22 to 27), three weights (28 to 30).
  const Json jacobian = evaluate("ba", "jacobian", bundle(2, 2, 3, 0.3));
  std::vector<int> first;
  for (int column = 0; column < 11; ++column) first.push_back(column);
  for (int column : {22, 23, 24, 28}) first.push_back(column);
  std::vector<int> cols = first;  // of both coordinates of the first observation
  cols.insert(cols.end(), first.begin(), first.end());
  cols.push_back(30);
  CHECK(jacobian.at("cols") == Json(cols));
  CHECK(jacobian.at("rows") == Json({0, 15, 30, 45, 60, 75, 90, 91, 92, 93, 93}));  // all ten, and the last
  CHECK(jacobian.at("vals").size() == 31);
}

}  // namespace gradbench
