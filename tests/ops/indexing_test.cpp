#include "support/check.hpp"
#include "support/random_cases.hpp"

using namespace ebb_test;

namespace {

using Numbers = std::vector<double>;

struct Gathered {
  Shape shape;
  int axis;
  Shape indices;
};

const std::vector<Gathered> gathers{{{3}, 0, {4}},   {{3, 2}, 0, {2, 2}}, {{2, 3, 2}, 1, {5}}, {{2, 3}, -1, {2, 1}},
                                    {{2, 3}, 1, {}}, {{1}, 0, {3}},       {{4, 2}, 0, {0}},    {{0, 3}, 1, {2}}};

}  // namespace

TEST_CASE("embedding takes a row of the table for each id") {
  const Tensor<double> table({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor<double> y = ebb::embedding(table, IntArray({2, 2}, {2, 0, 0, 1}));
  CHECK(y.shape() == Shape{2, 2, 2});
  CHECK(y.to_vector() == Numbers{5, 6, 1, 2, 1, 2, 3, 4});
  CHECK(ebb::embedding(table, IntArray({0}, {})).shape() == Shape{0, 2});
}

TEST_CASE("embedding's gradient adds up what the places of a row received") {
  ebb::Tape<float> tape;
  ebb::Parameter<float> table(ebb::Array<float>({3, 2}, 0.5f));
  const Tensor<float> y = ebb::embedding(table, IntArray({4}, {2, 0, 2, 2}));
  tape.backward(ebb::sum(y * Tensor<float>({4, 1}, {1, 10, 100, 1000})));
  CHECK(table.gradient().to_vector() == std::vector<float>{10, 10, 0, 0, 1101, 1101});
}

TEST_CASE("embedding refuses other tables, and ids outside it") {
  const Tensor<double> table = ebb::ones<double>({3, 2});
  CHECK_ERROR(ebb::embedding(ebb::ones<double>({3}), IntArray({1}, {0})),
              "embedding: the table must be of shape [count, width], but it is [3]");
  CHECK_ERROR(
      ebb::embedding(table, IntArray({2}, {0, 3})),
      "embedding: index 3 (element 1 of 2 indices) is outside axis 0 of shape [3, 2], whose indices are 0 to 2");
  CHECK_ERROR(ebb::embedding(table, IntArray({1}, {-1})), "index -1");
  CHECK_ERROR(ebb::embedding(table, IntArray()), "the indices are undefined");
}

TEST_CASE("gather replaces an axis by those of the indices") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(ebb::gather(x, IntArray({2}, {2, 0}), 1).to_vector() == Numbers{3, 1, 6, 4});
  CHECK(ebb::gather(x, IntArray({}, {1}), 0).to_vector() == Numbers{4, 5, 6});
  RandomCases random(1);
  for (int round = 0; round < 200; ++round) {
    const Tensor<double> from = random.values(random.shape(1, 4));
    const int axis = random.integer(0, from.rank() - 1);
    if (from.extent(axis) == 0) continue;
    const IntArray indices = random.indices(random.shape(0, 3), from.extent(axis));
    CAPTURE(to_string(from.shape()));
    CAPTURE(axis);
    CAPTURE(to_string(indices.shape()));
    const Tensor<double> y = ebb::gather(from, indices, axis);
    CHECK(y.rank() == from.rank() - 1 + indices.rank());
    bool same = true;
    for_each_index(y.shape(), [&](const Indices& at) {
      const auto first = at.begin() + axis, last = first + indices.rank();
      Indices source(at.begin(), first);
      source.push_back(element(indices, Indices(first, last)));
      source.insert(source.end(), last, at.end());
      same = same && element(y, at) == element(from, source);
    });
    CHECK(same);
  }
}

TEST_CASE("scatter_add adds the updates at the indices, repeated ones too") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor<double> y = ebb::scatter_add(x, IntArray({3}, {2, 0, 2}), ebb::full<double>({2, 3}, 10), 1);
  CHECK(y.to_vector() == Numbers{11, 2, 23, 14, 5, 26});
  CHECK(x.to_vector() == Numbers{1, 2, 3, 4, 5, 6});
  CHECK_ERROR(ebb::scatter_add(x, IntArray({2}, {0, 1}), ebb::ones<double>({2, 3}), 1),
              "scatter_add: indices [2] along axis 1 of [2, 3] ask for updates [2, 2], but those given are [2, 3]");
  CHECK_ERROR(ebb::scatter_add(x, IntArray({1}, {3}), ebb::ones<double>({2, 1}), 1), "scatter_add: index 3");
}

TEST_CASE("derivatives of gather, scatter_add and embedding") {
  RandomCases random(2);
  for (const Gathered& g : gathers) {
    CAPTURE(to_string(g.shape));
    CAPTURE(g.axis);
    CAPTURE(to_string(g.indices));
    const IntArray indices = random.indices(g.indices, g.shape.extent(g.axis));
    const Tensor<double> x = random.values(g.shape), updates = random.values(ebb::gather(x, indices, g.axis).shape());
    check_gradients([&](const Values& v) { return square(ebb::gather(v[0], indices, g.axis)); }, {x});
    check_gradients([&](const Values& v) { return square(ebb::scatter_add(v[0], indices, v[1], g.axis)); },
                    {x, updates});
  }
  const IntArray ids({2, 3}, {0, 2, 1, 2, 2, 0});
  check_gradients([&](const Values& v) { return square(ebb::embedding(v[0], ids)); }, {random.values({4, 3})});
}

TEST_CASE("take_along_axis takes one element for each index") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(ebb::take_along_axis(x, IntArray({2, 1}, {2, 0}), 1).to_vector() == Numbers{3, 4});
  CHECK(ebb::take_along_axis(x, IntArray({1, 3}, {1, 0, 1}), 0).to_vector() == Numbers{4, 2, 6});
  RandomCases random(3);
  for (int round = 0; round < 200; ++round) {
    const Tensor<double> from = random.values(random.shape(1, 4));
    const int axis = random.integer(0, from.rank() - 1);
    if (from.extent(axis) == 0) continue;
    const IntArray indices = random.indices(from.shape().with(axis, random.integer(0, 5)), from.extent(axis));
    CAPTURE(to_string(from.shape()));
    CAPTURE(axis);
    const Tensor<double> y = ebb::take_along_axis(from, indices, axis);
    REQUIRE(y.shape() == indices.shape());
    bool same = true;
    for_each_index(y.shape(), [&](Indices at) {
      const double got = element(y, at);
      at[static_cast<std::size_t>(axis)] = element(indices, at);
      same = same && got == element(from, at);
    });
    CHECK(same);
  }
}

TEST_CASE("take_along_axis refuses indices of another shape, or outside the axis") {
  const Tensor<double> x = ebb::ones<double>({2, 3});
  CHECK_ERROR(ebb::take_along_axis(x, IntArray({2}, {0, 0}), 1),
              "take_along_axis: indices [2] do not fit [2, 3]: they may differ in the extent of axis 1 only");
  CHECK_ERROR(ebb::take_along_axis(x, IntArray({1, 3}, {0, 0, 0}), 1), "do not fit");
  CHECK_ERROR(ebb::take_along_axis(x, IntArray({2, 1}, {0, 3}), 1), "index 3");
}

TEST_CASE("derivative of take_along_axis") {
  RandomCases random(4);
  const std::vector<Gathered> cases{
      {{3}, 0, {5}}, {{2, 3, 2}, 1, {2, 4, 2}}, {{2, 3}, -1, {2, 1}}, {{2, 3}, 0, {0, 3}}, {{0, 2}, 1, {0, 3}}};
  for (const Gathered& c : cases) {
    CAPTURE(to_string(c.shape));
    CAPTURE(c.axis);
    const IntArray indices = random.indices(c.indices, c.shape.extent(c.axis));
    check_gradients([&](const Values& v) { return square(ebb::take_along_axis(v[0], indices, c.axis)); },
                    {random.values(c.shape)});
  }
}

TEST_CASE("gather and scatter_add of many rows are those of each row, on any number of threads") {
  for (const ebb::Index width : {1, 63, 64, 65, 200}) {
    CAPTURE(width);
    const IntArray indices = ebb::uniform_integers({700}, ebb::Key{1}, 0, 9);
    const auto table = ebb::uniform<float>({2, 9, width}, ebb::Key{2}, -1, 1),
               updates = ebb::uniform<float>({2, 700, width}, ebb::Key{3}, -1, 1);
    const auto gathered = ebb::gather(table, indices, 1), added = ebb::scatter_add(table, indices, updates, 1);
    const std::vector<float> start = table.to_vector();
    std::vector<float> rows;
    std::vector<double> sums(start.begin(), start.end());
    for (ebb::Index o = 0; o < 2; ++o)
      for (ebb::Index j = 0; j < 700; ++j)
        for (ebb::Index i = 0; i < width; ++i) {
          const ebb::Index row = indices.data()[j];
          rows.push_back(table.at({o, row, i}));
          sums[static_cast<std::size_t>((o * 9 + row) * width + i)] += static_cast<double>(updates.at({o, j, i}));
        }
    CHECK(gathered.to_vector() == rows);
    for (std::size_t i = 0; i < sums.size(); ++i) CHECK(added.data()[i] == Approx(sums[i]).epsilon(1e-5));
    CHECK(same_on_any_number_of_threads([&] { return ebb::gather(table, indices, 1); }));
    CHECK(same_on_any_number_of_threads([&] { return ebb::scatter_add(table, indices, updates, 1); }));
  }
}

TEST_CASE("a few updates of a long axis are added where they belong") {
  const IntArray indices({5}, {70000, 3, 99999, 3, 0});
  const auto y = ebb::scatter_add(ebb::zeros<double>({100000}), indices, Tensor<double>({5}, {1, 2, 4, 8, 16}), 0);
  CHECK(y.at({0}) == 16);
  CHECK(y.at({3}) == 10);
  CHECK(y.at({70000}) == 1);
  CHECK(y.at({99999}) == 4);
  CHECK(ebb::sum(y).item() == 31);
}

TEST_CASE("gradients that meet in one place are summed in double, a few at a time") {
  const Index n = 1000000;
  ebb::Tape<float> tape;
  const auto x = tape.watch(ebb::zeros<float>({2, 1}));
  const IntArray first(Shape{n}, 0);
  const Tensor<float> tenths = ebb::full<float>({n, 1}, 0.1);
  const auto sum_of = [&](const Tensor<float>& y) { return ebb::grad(y, x, {.cotangent = tenths}).at({0, 0}); };
  const double exact = static_cast<double>(0.1f) * static_cast<double>(n);
  CHECK(sum_of(ebb::gather(x, first, 0)) == Approx(exact).epsilon(1e-6));
  CHECK(sum_of(ebb::embedding(x, first)) == Approx(exact).epsilon(1e-6));
  CHECK(sum_of(ebb::take_along_axis(x, IntArray({n, 1}, 0), 0)) == Approx(exact).epsilon(1e-6));
  CHECK(ebb::scatter_add(x, first, tenths, 0).at({0, 0}) == Approx(exact).epsilon(1e-6));
}

TEST_CASE("scatter puts updates in place of what was there, and the last of repeated indices counts") {
  const Tensor<double> x({3, 2}, {1, 2, 3, 4, 5, 6}), updates({2, 2}, {10, 20, 30, 40});
  CHECK(ebb::scatter(x, IntArray({2}, {2, 0}), updates, 0).to_vector() == std::vector<double>{30, 40, 3, 4, 10, 20});
  CHECK(ebb::scatter(x, IntArray({2}, {1, 1}), updates, 0).to_vector() == std::vector<double>{1, 2, 30, 40, 5, 6});
  CHECK(ebb::scatter(x, IntArray({1}, {1}), Tensor<double>({3, 1}, {7, 8, 9}), -1).to_vector() ==
        std::vector<double>{1, 7, 3, 8, 5, 9});
  CHECK(ebb::scatter(x, IntArray(Shape{0}, 0), ebb::zeros<double>({0, 2}), 0).to_vector() == x.to_vector());
  CHECK_ERROR(ebb::scatter(x, IntArray({1}, {3}), ebb::zeros<double>({1, 2}), 0), "scatter: index 3",
              "indexing_test.cpp:");
  CHECK_ERROR(ebb::scatter(x, IntArray({1}, {1}), updates, 0),
              "scatter: indices [1] along axis 0 of [3, 2] ask for updates [1, 2], but those given are [2, 2]");
}

TEST_CASE("put_along_axis puts one value for each index") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(ebb::put_along_axis(x, IntArray({2, 1}, {2, 0}), Tensor<double>({2, 1}, {7, 8}), 1).to_vector() ==
        std::vector<double>{1, 2, 7, 8, 5, 6});
  CHECK(ebb::put_along_axis(x, IntArray({2, 3}, {1, 0, 1, 1, 1, 1}), 10 * x, 0).to_vector() ==
        std::vector<double>{1, 20, 3, 40, 50, 60});
  CHECK(ebb::put_along_axis(x, IntArray(Shape{2, 0}, 0), ebb::zeros<double>({2, 0}), 1).to_vector() == x.to_vector());
  CHECK_ERROR(ebb::put_along_axis(x, IntArray({2, 1}, {0, 3}), ebb::zeros<double>({2, 1}), 1),
              "put_along_axis: index 3");
  CHECK_ERROR(ebb::put_along_axis(x, IntArray({2, 1}, 0), ebb::zeros<double>({2}), 1),
              "put_along_axis: values [2] do not fit indices [2, 1]");
}

TEST_CASE("slice_scatter puts values in place of a slice") {
  const Tensor<double> x({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(ebb::slice_scatter(x, 1, {1, 3}, Tensor<double>({2, 2}, {7, 8, 9, 0})).to_vector() ==
        std::vector<double>{1, 7, 8, 4, 9, 0});
  CHECK(ebb::slice_scatter(x, 1, {.step = -2}, Tensor<double>({2}, {7, 8})).to_vector() ==
        std::vector<double>{8, 2, 7, 8, 5, 7});
  CHECK(ebb::slice_scatter(x, 0, {5, 9}, ebb::ones<double>({})).to_vector() == x.to_vector());
  CHECK_ERROR(ebb::slice_scatter(x, 1, {0, 2}, ebb::ones<double>({3})),
              "slice_scatter: values [3] do not broadcast to the slice of [2, 3], which is [2, 2]");
}

TEST_CASE("what was replaced gets no gradient, and of repeated indices only the last does") {
  ebb::Tape<double> tape;
  const auto x = tape.watch(ebb::ones<double>({3})), u = tape.watch(ebb::ones<double>({2}));
  const auto d = ebb::grad(ebb::sum(ebb::scatter(x, IntArray({2}, {1, 1}), u, 0)), {x, u});
  CHECK(d[0].to_vector() == std::vector<double>{1, 0, 1});
  CHECK(d[1].to_vector() == std::vector<double>{0, 1});
}

TEST_CASE("derivatives of scatter, put_along_axis and slice_scatter") {
  RandomCases random(9);
  const IntArray rows({2}, {2, 0}), grid({2, 2}, {1, 0, 2, 1});
  check_gradients([&](const Values& x) { return square(ebb::scatter(x[0], rows, x[1], 0)); },
                  {random.values({3, 2}), random.values({2, 2})});
  check_gradients([&](const Values& x) { return square(ebb::scatter(x[0], grid, x[1], 1)); },
                  {random.values({2, 3, 2}), random.values({2, 2, 2, 2})});
  check_gradients([&](const Values& x) { return square(ebb::put_along_axis(x[0], grid, x[1], 0)); },
                  {random.values({3, 2}), random.values({2, 2})});
  check_gradients(
      [&](const Values& x) {
        return square(ebb::slice_scatter(x[0], 1, {0, 3, 2}, x[1]));
      },
      {random.values({2, 3}), random.values({2, 1})});
  check_gradients(
      [&](const Values& x) {
        return square(ebb::slice_scatter(x[0], 0, {1, 1}, x[1]));
      },
      {random.values({2, 3}), random.values({3})});
}
