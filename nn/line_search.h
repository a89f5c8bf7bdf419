#pragma once

#include <functional>
#include <vector>

namespace ebb::nn {

/// A point on the line that a search goes along: its place, and the loss, its slope along the line and its gradient
/// there.
struct LinePoint {
  double place = 0, loss = 0, slope = 0;
  std::vector<double> gradient = {};
};

/// Looks from `start`, where the slope is negative, for a point at which the strong Wolfe conditions hold:
///   loss(t) <= loss(0) + 1e-4 t slope(0),  |slope(t)| <= 0.9 |slope(0)|
/// (Nocedal & Wright 2006, algorithms 3.5 and 3.6, with cubic interpolation). `first` is the first place tried;
/// `at` computes a point. A loss that is not finite counts as too high. Returns the lowest point that it found if none
/// has come up after `most` points: it may be the start.
LinePoint strong_wolfe(const LinePoint& start, double first, int most, const std::function<LinePoint(double)>& at);

}  // namespace ebb::nn
