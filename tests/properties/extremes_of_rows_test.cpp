#include "extremes.hpp"

// Operations of rows.
using namespace ebb_test;

namespace {

/// e^x / sum(e^x), 1 - it, and its logarithm, each with all of its digits.
struct Shares {
  std::vector<Wide> p, rest, log_p;
};
template <class T>
Shares shares(const std::vector<T>& x) {
  const Wide largest = *std::max_element(x.begin(), x.end());
  std::vector<Wide> e;
  Wide sum = 0;
  for (const T each : x) e.push_back(std::exp(static_cast<Wide>(each) - largest)), sum += e.back();
  Shares result;
  for (std::size_t i = 0; i < x.size(); ++i) {
    Wide others = 0;
    for (std::size_t j = 0; j < x.size(); ++j) others += j == i ? 0 : e[j];
    result.p.push_back(e[i] / sum), result.rest.push_back(others / sum);
    result.log_p.push_back(others < sum / 2 ? std::log1p(-others / sum) : x[i] - largest - std::log(sum));
  }
  return result;
}

/// sum_j p_i p_j (dy_i - dy_j)
Wide softmax_derivative(const std::vector<Wide>& p, std::size_t i) {
  Wide sum = 0;
  for (std::size_t j = 0; j < p.size(); ++j) sum += p[i] * p[j] * (adjoint[i] - adjoint[j]);
  return sum;
}

/// The score of a softmax is off by half a unit in the last place of it, and e^score by as much.
template <class T>
double ulps_of_scores(const std::vector<T>& x) {
  T largest = 0;
  for (const T each : x) largest = std::max(largest, std::fabs(each));
  return 16 + 2 * std::min<double>(largest, 800);
}

template <class T>
void check_softmax_family() {
  for_each_row(rows<T>(), [&](const auto& row, bool recorded) {
    const Shares exact = shares(row);
    const double ulps = ulps_of_scores(row);
    Tape<T> tape;
    const auto x = tape.watch(as_row(row));
    const auto dy = adjoint_row<T>();
    const auto y = softmax(x), log_y = log_softmax(x), loss = cross_entropy(x, IntArray({1}, {1})),
               sum = logsumexp(x, -1);
    const auto gradient = [&](const Tensor<T>& of) {
      return grad(of, x, {.cotangent = of.size() == 3 ? dy : ones<T>(of.shape()), .create_graph = recorded});
    };
    const auto dx = gradient(y), d_log = gradient(log_y), d_loss = gradient(loss), d_sum = gradient(sum);
    check_number(loss.item(), -exact.log_p[1], ulps);
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(i);
      const Index at = static_cast<Index>(i);
      const Wide p = exact.p[i], rest = exact.rest[i], label = i == 1 ? 1 : 0;
      check_number(log_y.data()[at], exact.log_p[i], ulps);
      check_number(y.data()[at], p, ulps);
      check_number(d_sum.data()[at], p, ulps);
      check_number(dx.data()[at], softmax_derivative(exact.p, i), ulps, p * rest * 4);
      check_number(d_loss.data()[at], label == 1 ? -rest : p, ulps);
      const Wide all = adjoint[0] + adjoint[1] + adjoint[2];
      check_number(d_log.data()[at], adjoint[i] * rest - p * (all - adjoint[i]), ulps, p * 4 + rest);
    }
  });
}

template <class T>
void check_norms() {
  for_each_row(rows<T>(), [&](const auto& row, bool recorded) {
    for (const bool centred : {false, true}) {
      CAPTURE(centred);
      Wide mean = 0, square = 0;
      for (const T x : row) mean += centred ? static_cast<Wide>(x) / 3 : 0;
      for (const T x : row) square += (x - mean) * (x - mean) / 3;
      const Wide inverse = 1 / std::sqrt(square + 1e-5L);
      const Wide subnormal = inverse * Limits<T>::denorm_min() / Limits<T>::epsilon();  // where a mean has few digits
      Wide along_ones = 0, along_n = 0, largest = 0;
      for (const T x : row) largest = std::max(largest, std::fabs(x - mean));
      for (std::size_t i = 0; i < 3; ++i) {
        along_ones += centred ? adjoint[i] / 3 : 0;
        along_n += adjoint[i] * (row[i] - mean) * inverse / 3;
      }
      Tape<T> tape;
      const auto x = tape.watch(as_row(row));
      const auto spread = variance(x, -1);
      const auto d_spread = grad(spread, x, {.create_graph = recorded});
      const auto y = centred ? layer_norm(x) : rms_norm(x, ones<T>({3}));
      const auto dx = grad(y, x, {.cotangent = adjoint_row<T>(), .create_graph = recorded});
      for (std::size_t i = 0; i < 3; ++i) {
        const Wide n = (row[i] - mean) * inverse;
        check_number(y.data()[i], n, 16, 1 - std::exp(-std::fabs(n)) + subnormal);
        check_number(dx.data()[i], inverse * (adjoint[i] - along_ones - n * along_n), 64, inverse * 4);
        if (!centred) continue;
        check_number(spread.item(), square, 4);
        check_number(d_spread.data()[i], 2 * (row[i] - mean) / 3, 8, largest);
      }
    }
  });
}

/// Sums, and what picks from a row.
template <class T>
void check_reductions(const std::vector<std::vector<T>>& all) {
  for_each_row(all, [&](const auto& row, bool recorded) {
    Wide total = 0, size = 0, after = 0, size_after = 0;
    for (const T x : row) after += x, size_after += std::fabs(x);
    Tape<T> tape;
    const auto x = tape.watch(as_row(row)), dy = tape.watch(adjoint_row<T>());
    const auto prefixes = cumulative_sum(x, -1), largest = max(x), smallest = min(x);
    check_number(sum(x).item(), after, 2, size_after);
    check_number(mean(x).item(), after / 3, 2, size_after);
    const auto d_max = grad(largest, x, {.create_graph = recorded}),
               d_min = grad(smallest, x, {.create_graph = recorded});
    const auto suffixes = grad(cumulative_sum(dy, -1), dy, {.cotangent = x, .create_graph = recorded});
    const bool has_nan = std::any_of(row.begin(), row.end(), [](T each) { return std::isnan(each); });
    const T top = has_nan ? T(NAN) : *std::max_element(row.begin(), row.end()),
            bottom = has_nan ? T(NAN) : *std::min_element(row.begin(), row.end());
    check_number(largest.item(), top, 0);
    check_number(smallest.item(), bottom, 0);
    const auto share = [&](T each, T chosen) {
      return has_nan ? NAN : each == chosen ? 1.0L / std::count(row.begin(), row.end(), chosen) : 0;
    };
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(i);
      total += row[i], size += std::fabs(row[i]);
      check_number(prefixes.data()[i], total, 2, size);
      check_number(suffixes.data()[i], after, 2, size_after);
      check_number(d_max.data()[i], share(row[i], top), 1);
      check_number(d_min.data()[i], share(row[i], bottom), 1);
      after = size_after = 0;
      for (std::size_t j = i + 1; j < 3; ++j) after += row[j], size_after += std::fabs(row[j]);
    }
  });
}

/// Elements that are picked, and those that meet in one place: the row stands for the values, and then for the adjoint.
template <class T>
void check_indexing(const std::vector<std::vector<T>>& all) {
  for_each_row(all, [&](const auto& row, bool recorded) {
    Tape<T> tape;
    const auto x = tape.watch(as_row(row)), u = tape.watch(adjoint_row<T>());
    const IntArray places({3}, {2, 0, 2});
    const std::vector<Tensor<T>> picked{gather(x, places, 1), transpose(embedding(transpose(x), places)),
                                        take_along_axis(x, places.reshaped({1, 3}), 1)};
    const std::vector<Tensor<T>> as_adjoint{
        grad(gather(u, places, 1), u, {.cotangent = x, .create_graph = recorded}),
        grad(transpose(embedding(transpose(u), places)), u, {.cotangent = x, .create_graph = recorded}),
        grad(take_along_axis(u, places.reshaped({1, 3}), 1), u, {.cotangent = x, .create_graph = recorded})};
    const Wide a = row[0], b = row[1], c = row[2];
    for (const auto& y : picked) {
      check_number(y.data()[0], c, 0);
      check_number(y.data()[1], a, 0);
      check_number(y.data()[2], c, 0);
    }
    for (const auto& du : as_adjoint) {
      check_number(du.data()[0], b, 0);
      check_number(du.data()[1], 0, 0);
      check_number(du.data()[2], a + c, 1, std::fabs(a) + std::fabs(c));
    }
    const auto y = scatter_add(x, places, u, 1), added = scatter_add(u, places, x, 1);
    check_number(y.data()[0], a + adjoint[1], 1, std::fabs(a) + 2);
    check_number(y.data()[1], b, 0);
    check_number(y.data()[2], c + adjoint[0] + adjoint[2], 2, std::fabs(c) + 3);
    check_number(added.data()[0], adjoint[0] + b, 1, std::fabs(b) + 1);
    check_number(added.data()[1], adjoint[1], 0);
    check_number(added.data()[2], adjoint[2] + a + c, 2, std::fabs(a) + std::fabs(c) + 2);
    const auto g = grad(y, {x, u}, {.cotangent = x, .create_graph = recorded});
    for (std::size_t i = 0; i < 3; ++i) {
      check_number(g[0].data()[i], row[i], 0);
      check_number(g[1].data()[i], i == 1 ? a : c, 0);
    }
  });
}

/// A product of matrices, the first with another row below, which does not learn of the one at the edges.
template <class T>
void check_products(const std::vector<std::vector<T>>& all) {
  for_each_row(all, [&](const auto& row, bool recorded) {
    Tape<T> tape;
    const auto x = tape.watch(concatenate<T>({as_row(row), ones<T>({1, 3})}, 0)),
               w = tape.watch(transpose(adjoint_row<T>())), bias = tape.watch(full<T>({1}, 0.5));
    const Tensor<T> first({2, 1}, {1, 0});
    Wide product = 0, size = 0;
    for (std::size_t i = 0; i < 3; ++i)
      product += row[i] * Wide(adjoint[i]), size += std::fabs(row[i] * Wide(adjoint[i]));
    for (const bool biased : {false, true}) {
      CAPTURE(biased);
      const auto y = biased ? linear(x, w, bias) : matmul(x, w);
      check_number(y.data()[0], product + (biased ? 0.5L : 0), 4, size + 1);
      check_number(y.data()[1], biased ? 1.75L : 1.25L, 1);
      const auto g = grad(slice(y, 0, {0, 1}), {x, w}, {.create_graph = recorded});
      for (std::size_t i = 0; i < 3; ++i) {
        check_number(g[0].data()[i], adjoint[i], 0);
        check_number(g[0].data()[3 + i], 0, 0);
        check_number(g[1].data()[i], row[i], 0);
      }
    }
  });
}

/// A row with NaN or plus infinity is NaN in softmax and its kin, and so is its derivative; so is a row of minus
/// infinities. A single one has no share, but logsumexp of such a row is minus infinity, with derivative 0.
template <class T>
void check_infinite_logits() {
  for_each_row(infinite_rows<T>(), [&](const auto& row, bool recorded) {
    const bool has_nan = std::any_of(row.begin(), row.end(), [](T each) { return std::isnan(each); });
    const auto top = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
    const T largest = has_nan ? T(NAN) : row[top];
    const bool none = largest == -Limits<T>::infinity(), bad = !std::isfinite(largest);
    const Shares exact = bad ? Shares{{NAN, NAN, NAN}, {NAN, NAN, NAN}, {NAN, NAN, NAN}} : shares(row);
    const double ulps = ulps_of_scores(row);
    Tape<T> tape;
    const auto x = tape.watch(as_row(row)), q = tape.watch(ones<T>({1, 1})),
               v = tape.watch(transpose(adjoint_row<T>()));
    const auto dy = adjoint_row<T>();
    const auto y = softmax(x), log_y = log_softmax(x), loss = cross_entropy(x, IntArray({1}, {1})),
               total = logsumexp(x, -1), attended = scaled_dot_product_attention(q, transpose(x), v);
    const auto gradient = [&](const Tensor<T>& of) {
      return grad(of, x, {.cotangent = of.size() == 3 ? dy : ones<T>(of.shape()), .create_graph = recorded});
    };
    const auto dx = gradient(y), d_log = gradient(log_y), d_loss = gradient(loss), d_total = gradient(total),
               d_attended = gradient(attended), dv = grad(attended, v, {.create_graph = recorded});
    Wide mean = 0;
    for (std::size_t i = 0; i < 3; ++i) mean += exact.p[i] * adjoint[i];
    check_number(attended.item(), mean, ulps, bad ? 0 : 2);
    check_number(loss.item(), -exact.log_p[1], ulps);
    check_number(total.item(), bad ? largest : largest - exact.log_p[top], ulps, bad ? 0 : 1);
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(i);
      const Wide p = exact.p[i], rest = exact.rest[i];
      check_number(y.data()[i], p, ulps);
      check_number(log_y.data()[i], exact.log_p[i], ulps);
      check_number(dv.data()[i], p, ulps);
      check_number(d_total.data()[i], none ? 0 : p, ulps);
      check_number(dx.data()[i], softmax_derivative(exact.p, i), ulps, bad ? 0 : p * rest * 4);
      check_number(d_attended.data()[i], softmax_derivative(exact.p, i), ulps, bad ? 0 : p * rest * 4);
      check_number(d_loss.data()[i], i == 1 ? -rest : p, ulps);
      const Wide all = adjoint[0] + adjoint[1] + adjoint[2];
      check_number(d_log.data()[i], adjoint[i] * rest - p * (all - adjoint[i]), ulps, bad ? 0 : p * 4 + rest);
    }
  });
}

/// One query against three keys whose scores are the row: v = (0.75, -1.5, 2), dy = 1.
template <class T>
void check_attention() {
  for_each_row(rows<T>(), [&](const auto& row, bool recorded) {
    const Shares exact = shares(row);
    const double ulps = ulps_of_scores(row);
    Tape<T> tape;
    const auto q = tape.watch(ones<T>({1, 1})), k = tape.watch(transpose(as_row(row))),
               v = tape.watch(transpose(adjoint_row<T>()));
    const auto y = scaled_dot_product_attention(q, k, v);
    const auto g = grad(y, {k, v}, {.create_graph = recorded});
    Wide mean = 0;
    for (std::size_t i = 0; i < 3; ++i) mean += exact.p[i] * adjoint[i];
    check_number(y.item(), mean, ulps, 2);
    for (std::size_t i = 0; i < 3; ++i) {
      const Index at = static_cast<Index>(i);
      const Wide p = exact.p[i], rest = exact.rest[i];
      check_number(g[1].data()[at], p, ulps);
      check_number(g[0].data()[at], softmax_derivative(exact.p, i), ulps, p * rest * 4);
    }
  });
}

}  // namespace

TEST_CASE("softmax and its kin at the edges of float") { check_softmax_family<float>(); }
TEST_CASE("softmax and its kin at the edges of double") { check_softmax_family<double>(); }
TEST_CASE_TEMPLATE("softmax and its kin of infinities and NaN", T, float, double) { check_infinite_logits<T>(); }
TEST_CASE_TEMPLATE("reductions of rows at the edges, of infinities and NaN", T, float, double) {
  check_reductions(rows<T>());
  check_reductions(infinite_rows<T>());
}
TEST_CASE_TEMPLATE("what is picked from rows at the edges, of infinities and NaN", T, float, double) {
  check_indexing(rows<T>());
  check_indexing(infinite_rows<T>());
}
TEST_CASE_TEMPLATE("products with rows at the edges, of infinities and NaN", T, float, double) {
  check_products(rows<T>());
  check_products(infinite_rows<T>());
}
TEST_CASE("norms of rows at the edges of float") { check_norms<float>(); }
TEST_CASE("norms of rows at the edges of double") { check_norms<double>(); }
TEST_CASE("attention at the edges of float") { check_attention<float>(); }
TEST_CASE("attention at the edges of double") { check_attention<double>(); }
