#include "line_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ebb::nn {

namespace {

constexpr double sufficient = 1e-4, curvature = 0.9;

/// The place of the minimum of the cubic through both points with their slopes, kept away from both ends of the
/// interval; its middle where there is none.
double between(const LinePoint& a, const LinePoint& b) {
  const double width = b.place - a.place, middle = a.place + width / 2;
  const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.place - b.place);
  const double root = std::sqrt(d1 * d1 - a.slope * b.slope), d2 = width < 0 ? -root : root;
  const double place = b.place - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
  const double margin = std::abs(width) / 10;
  if (!std::isfinite(place)) return middle;
  return std::clamp(place, std::min(a.place, b.place) + margin, std::max(a.place, b.place) - margin);
}

class Search {
 public:
  Search(const LinePoint& start, int most, const std::function<LinePoint(double)>& at)
      : start_(start), most_(most), at_(at) {}

  LinePoint from(double first) {
    LinePoint before = start_;
    for (double place = first; left();) {
      LinePoint here = point(place);
      if (too_high(here) || (before.place > 0 && here.loss >= before.loss))
        return within(std::move(before), std::move(here));
      if (flat(here)) return here;
      if (here.slope >= 0) return within(std::move(here), std::move(before));
      place = 2 * here.place;
      before = std::move(here);
    }
    return before;
  }

 private:
  bool left() const { return points_ < most_; }
  LinePoint point(double place) {
    ++points_;
    return at_(place);
  }
  bool too_high(const LinePoint& x) const {
    return !(x.loss <= start_.loss + sufficient * x.place * start_.slope) || !std::isfinite(x.slope);
  }
  bool flat(const LinePoint& x) const { return std::abs(x.slope) <= -curvature * start_.slope; }

  /// `low` is the lowest point so far that is low enough, and its slope leads towards `high`.
  LinePoint within(LinePoint low, LinePoint high) {
    while (left() && std::abs(high.place - low.place) > 1e-12 * std::max(low.place, high.place)) {
      const bool known = std::isfinite(high.loss) && std::isfinite(high.slope);
      LinePoint here = point(known ? between(low, high) : (low.place + high.place) / 2);
      if (too_high(here) || here.loss >= low.loss) {
        high = std::move(here);
        continue;
      }
      if (flat(here)) return here;
      if (here.slope * (high.place - low.place) >= 0) high = low;
      low = std::move(here);
    }
    return low;
  }

  const LinePoint& start_;
  int most_;
  const std::function<LinePoint(double)>& at_;
  int points_ = 0;
};

}  // namespace

LinePoint strong_wolfe(const LinePoint& start, double first, int most, const std::function<LinePoint(double)>& at) {
  return Search(start, most, at).from(first);
}

}  // namespace ebb::nn
