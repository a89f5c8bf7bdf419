#include "support/check.hpp"

using namespace ebb_test;

namespace {

template <class T = double>
Tensor<T> sample(const Shape& shape, std::uint64_t seed) {
  return ebb::uniform<T>(shape, ebb::Key{seed}, -1, 1);
}

/// The product of two matrices, straight from its definition, in double.
template <class T>
std::vector<double> product(const Tensor<T>& a, const Tensor<T>& b, ebb::MatmulOptions options) {
  const Index m = a.extent(options.transpose_a ? 1 : 0), k = a.extent(options.transpose_a ? 0 : 1);
  const Index n = b.extent(options.transpose_b ? 0 : 1);
  std::vector<double> y;
  for (Index i = 0; i < m; ++i)
    for (Index j = 0; j < n; ++j) {
      double sum = 0;
      for (Index p = 0; p < k; ++p)
        sum += double{options.transpose_a ? a.at({p, i}) : a.at({i, p})} *
               double{options.transpose_b ? b.at({j, p}) : b.at({p, j})};
      y.push_back(sum);
    }
  return y;
}

template <class T>
void check_product(Index m, Index n, Index k, ebb::MatmulOptions options, double tolerance) {
  CAPTURE(m);
  CAPTURE(n);
  CAPTURE(k);
  const auto a = sample<T>(options.transpose_a ? Shape{k, m} : Shape{m, k}, 1);
  const auto b = sample<T>(options.transpose_b ? Shape{n, k} : Shape{k, n}, 2);
  const auto expected = product(a, b, options);
  const auto y = matmul(a, b, options).to_vector();
  REQUIRE(y.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < y.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(y[i]) - expected[i]));
  CHECK(worst <= tolerance * static_cast<double>(k + 1));
}

constexpr ebb::MatmulOptions all_transpositions[] = {{}, {.transpose_a = true}, {.transpose_b = true}, {true, true}};

}  // namespace

TEST_CASE("matmul equals the sum it is defined by, for sizes around the tiles' edges and both sides transposed") {
  for (const auto options : all_transpositions)
    for (const Index m : {1, 5, 13, 130})
      for (const Index n : {1, 7, 33, 64})
        for (const Index k : {0, 1, 31, 400}) {
          check_product<float>(m, n, k, options, 1e-6);
          check_product<double>(m, n, k, options, 1e-15);
        }
}

TEST_CASE("matmul broadcasts the axes before the last two") {
  const auto a = sample({2, 1, 3, 4}, 1), b = sample({5, 4, 2}, 2);
  const auto y = matmul(a, b);
  REQUIRE(y.shape() == Shape{2, 5, 3, 2});
  for (Index i = 0; i < 2; ++i)
    for (Index j = 0; j < 5; ++j) {
      double sum = 0;
      for (Index p = 0; p < 4; ++p) sum += a.at({i, 0, 2, p}) * b.at({j, p, 1});
      CHECK(y.at({i, j, 2, 1}) == close_to(sum));
    }
}

TEST_CASE("matmul is the same, bit for bit, for one thread and for several") {
  const auto a = sample<float>({4, 200, 300}, 1), b = sample<float>({4, 300, 100}, 2), w = sample<float>({300, 100}, 3);
  const int before = ebb::threads();
  ebb::set_threads(1);
  const auto batched = matmul(a, b).to_vector(), shared = matmul(a, w).to_vector();
  const auto rows = sample<float>({900, 100}, 4);  // deeper than one pass, with fewer rows than threads can share
  const auto deep = matmul(rows, rows, {.transpose_a = true}).to_vector();
  ebb::set_threads(4);
  CHECK(matmul(a, b).to_vector() == batched);
  CHECK(matmul(a, w).to_vector() == shared);
  CHECK(matmul(rows, rows, {.transpose_a = true}).to_vector() == deep);
  ebb::set_threads(before);
}

TEST_CASE("matmul of empty matrices: an empty sum is 0") {
  CHECK(matmul(ebb::ones<float>({2, 0}), ebb::ones<float>({0, 3})).to_vector() == std::vector<float>(6, 0.0f));
  CHECK(matmul(ebb::ones<float>({0, 2}), ebb::ones<float>({2, 3})).shape() == Shape{0, 3});
  CHECK(matmul(ebb::ones<float>({3, 2, 0}), ebb::ones<float>({3, 0, 2})).to_vector() == std::vector<float>(12, 0.0f));
}

TEST_CASE("matmul refuses what does not fit, and says what to do") {
  CHECK_ERROR(matmul(ebb::ones<float>({2, 3}), ebb::ones<float>({4, 5})),
              "matmul: the inner extents differ: [2, 3] x [4, 5]");
  CHECK_ERROR(matmul(ebb::ones<float>({2, 3}), ebb::ones<float>({2, 3}), {.transpose_a = true, .transpose_b = true}),
              "[2, 3] (transposed) x [2, 3] (transposed)");
  CHECK_ERROR(matmul(ebb::ones<float>({3}), ebb::ones<float>({3, 2})), "unsqueeze()");
  CHECK_ERROR(matmul(ebb::ones<float>({2, 3, 4}), ebb::ones<float>({3, 4, 5})), "do not broadcast");
}

TEST_CASE("derivatives of matmul") {
  const std::vector<std::pair<Shape, Shape>> shapes{{{2, 3}, {3, 4}},    {{1, 1}, {1, 1}},          {{2, 2, 3}, {3, 2}},
                                                    {{2, 3}, {2, 3, 2}}, {{2, 1, 2, 3}, {3, 3, 2}}, {{0, 3}, {3, 2}},
                                                    {{2, 0}, {0, 3}},    {{2, 2, 3}, {1, 3, 2}}};
  for (const auto& pair : shapes)
    for (const auto options : all_transpositions) {
      const Shape &a = pair.first, &b = pair.second;
      CAPTURE(to_string(a));
      CAPTURE(to_string(b));
      const auto swapped = [](const Shape& s) { return s.with(-2, s.extent(-1)).with(-1, s.extent(-2)); };
      check_gradients(
          [=](const Values& x) { return matmul(x[0], x[1], options); },
          {sample(options.transpose_a ? swapped(a) : a, 1), sample(options.transpose_b ? swapped(b) : b, 2)});
    }
}

TEST_CASE("linear is x W + b") {
  const Tensor<double> x({1, 2}, {1, 2}), w({2, 3}, {1, 2, 3, 4, 5, 6}), b({3}, {10, 20, 30});
  CHECK(linear(x, w, b).to_vector() == std::vector<double>{19, 32, 45});
  CHECK(linear(x, w).to_vector() == std::vector<double>{9, 12, 15});
  CHECK(linear(Tensor<double>({1, 1, 2}, {1, 2}), w, b).shape() == Shape{1, 1, 3});
  CHECK(linear(ebb::ones<double>({2, 0}), ebb::ones<double>({0, 3}), b).to_vector() ==
        std::vector<double>{10, 20, 30, 10, 20, 30});
  CHECK(linear(ebb::ones<double>({0, 2}), w, b).shape() == Shape{0, 3});
}

TEST_CASE(
    "linear is one record, or a product and a sum: where operations are not fused, and where more than rows "
    "broadcast") {
  const auto names = [](const Shape& w_shape, const Shape& b_shape, bool fused) {
    const ebb::FusedOperations here(fused);
    ebb::Tape<double> tape;
    (void)linear(tape.watch(sample({2, 3}, 1)), sample(w_shape, 2), sample(b_shape, 3));
    std::string all;
    for (Index i = 1; i < tape.size(); ++i) all += std::string(tape[i].op->name) + " ";
    return all;
  };
  CHECK(names({3, 2}, {2}, true) == "linear ");
  CHECK(names({3, 2}, {2}, false) == "matmul add ");
  CHECK(names({3, 2}, {1}, true) == "matmul add ");
  CHECK(names({3, 2}, {2, 2}, true) == "matmul add ");
  CHECK(names({5, 3, 2}, {2}, true) == "matmul add ");
}

TEST_CASE("linear refuses what does not fit") {
  const auto x = sample({2, 3}, 1);
  CHECK_ERROR(linear(x, sample({4, 2}, 2), sample({2}, 3)), "the inner extents differ");
  CHECK_ERROR(linear(sample({3}, 1), sample({3, 2}, 2), sample({2}, 3)), "unsqueeze()");
  CHECK_ERROR(linear(x, sample({3, 2}, 2), sample({3}, 3)), "broadcast");
}

TEST_CASE("derivatives of linear, fused and composed") {
  for (const bool fused : {true, false}) {
    const ebb::FusedOperations here(fused);
    for (const Shape& x : {Shape{2, 3}, Shape{2, 2, 3}, Shape{1, 3}, Shape{0, 3}, Shape{2, 0, 3}})
      check_gradients([](const Values& v) { return linear(v[0], v[1], v[2]); },
                      {sample(x, 1), sample({3, 2}, 2), sample({2}, 3)});
  }
}

TEST_CASE("linear is the same, fused and composed, with its derivatives of first and second order") {
  const auto x = sample({3, 50, 400}, 1), w = sample({400, 19}, 2), b = sample({19}, 3);
  const auto results = [&](bool fused) {
    const ebb::FusedOperations here(fused);
    ebb::Tape<double> tape;
    const auto x0 = tape.watch(x), w0 = tape.watch(w), b0 = tape.watch(b);
    const auto y = linear(x0, w0, b0);
    const auto first = ebb::grad(sum(square(y)), {x0, w0, b0}, {.create_graph = true});
    const auto second = ebb::grad(sum(square(first[0])) + sum(square(first[1])) + sum(square(first[2])), {x0, w0, b0});
    return Values{y.detach(),         first[0].detach(),  first[1].detach(), first[2].detach(),
                  second[0].detach(), second[1].detach(), second[2].detach()};
  };
  const Values fused = results(true), composed = results(false);
  for (std::size_t i = 0; i < fused.size(); ++i) {
    CAPTURE(i);
    const double apart = max(abs(fused[i] - composed[i])).item(), size = max(abs(composed[i])).item();
    CHECK(apart <= 1e-12 * size);
  }
}

TEST_CASE("dot and outer of vectors") {
  const Tensor<double> a({2}, {1, 2}), b({2}, {3, 4}), c({3}, {1, 0, 2});
  CHECK(ebb::dot(a, b).item() == 11);
  CHECK(ebb::dot(ebb::zeros<double>({0}), ebb::zeros<double>({0})).item() == 0);
  CHECK(ebb::outer(a, c).to_vector() == std::vector<double>{1, 0, 2, 2, 0, 4});
  CHECK_ERROR(ebb::dot(a, c), "dot: the shapes are [2] and [3], not those of two vectors of one length",
              "matmul_test.cpp:");
  CHECK_ERROR(ebb::dot(ebb::ones<double>({2, 2}), ebb::ones<double>({2, 2})), "dot: the shapes are [2, 2] and [2, 2]");
  CHECK_ERROR(ebb::outer(a, ebb::ones<double>({2, 2})), "outer: the shapes are [2] and [2, 2]");
}

TEST_CASE("derivatives of dot and outer") {
  for (const Index n : {0, 1, 3}) {
    const Values inputs{ebb::uniform<double>({n}, ebb::Key{1}), ebb::uniform<double>({n}, ebb::Key{2})};
    check_gradients([](const Values& x) { return ebb::dot(x[0], x[1]); }, inputs);
    check_gradients([](const Values& x) { return ebb::outer(x[0], x[1]); }, inputs);
  }
}
