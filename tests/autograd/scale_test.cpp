#include "support/check.hpp"

using namespace ebb_test;

namespace {

using T = Tensor<float>;

/// The number of derivatives of `link` that have run.
Index visited = 0;

// y = a, counting the visits of its derivative      da = dy      db = 0
constexpr ebb::Op<float> link_op{"link", [](ebb::Record<float>&, ebb::Inputs<float> x) { return x[0].value(); },
                                 [](const ebb::Record<float>&, const T& dy, ebb::Adjoints<float>& d) {
                                   ++visited;
                                   for (std::size_t i = 0; i < 2; ++i)
                                     if (d.needs(i)) d.add(i, dy);
                                 }};
T link(const T& a, const T& b) { return apply(link_op, {&a, &b}, {}, ebb::SourceLocation::current()); }

#ifdef EBB_NO_POOL
constexpr Index million = 100'000;  // the sanitizers take their time
#else
constexpr Index million = 1'000'000;
#endif

}  // namespace

TEST_CASE("a million records in a row: each is visited once, and nothing recurses") {
  for (Index n : {million / 2, million}) {
    Tape<float> tape;
    const T x = tape.watch(T({}, {1})), none({}, {0});
    T h = x;
    for (Index i = 0; i < n; ++i) h = link(h, none);
    CHECK(tape.size() == n + 1);
    visited = 0;
    CHECK(grad(h, x).item() == 1);
    CHECK(visited == n);
    tape.backward(h);
    CHECK(visited == 2 * n);
    CHECK(tape.gradient(x).item() == 1);
  }
}

TEST_CASE("a million records side by side: one adjoint takes them all up, in place") {
  Tape<float> tape;
  const T x = tape.watch(T({}, {1}));
  T sum({}, {0});
  for (Index i = 0; i < million; ++i) sum = link(sum, x);
  visited = 0;
  tape.backward(sum);
  CHECK(visited == million);
  CHECK(tape.gradient(x).item() == million - 0.0f);
}

TEST_CASE("one op of a million inputs") {
  static constexpr ebb::Op<float> first_op{"first",
                                           [](ebb::Record<float>&, ebb::Inputs<float> x) { return x[0].value(); },
                                           [](const ebb::Record<float>& r, const T& dy, ebb::Adjoints<float>& d) {
                                             for (std::size_t i = 0; i < r.inputs.size(); ++i) d.add(i, dy);
                                           }};
  Tape<float> tape;
  const T x = tape.watch(T({}, {1}));
  const std::vector<T> all(ebb::to_size(million), x);
  const T y = apply(first_op, ebb::Inputs<float>(all), {}, ebb::SourceLocation::current());
  tape.backward(y);
  CHECK(tape.gradient(x).item() == million - 0.0f);
}

TEST_CASE("the work of a second derivative grows in proportion with the records") {
  std::vector<Index> sizes, visits;
  for (Index n : {1000, 2000}) {
    Tape<float> tape;
    const T x = tape.watch(T({}, {1}));
    T h = x;
    for (Index i = 0; i < n; ++i) h = link(h * 1, T({}, {0}));
    visited = 0;
    const T first = grad(h * h, x, {.create_graph = true});
    CHECK(grad(first, x).item() == 2);
    sizes.push_back(tape.size());
    visits.push_back(visited);
  }
  CHECK(sizes[0] > 2 * 128);  // several chunks, recorded on while they are read
  CHECK(sizes[1] < 2 * sizes[0] + 10);
  CHECK(visits[1] == 2 * visits[0]);
}

TEST_CASE("checkpoints in a row, and nested in each other, do not make the walk quadratic") {
  for (Index n : {500, 1000}) {
    Tape<float> tape;
    const T x = tape.watch(T({}, {1})), none({}, {0});
    T h = x;
    for (Index i = 0; i < n; ++i) h = ebb::checkpoint([&](const T& a) { return link(link(a, none), none); }, h);
    visited = 0;
    CHECK(grad(h, x).item() == 1);
    CHECK(visited == 2 * n);
    visited = 0;
    CHECK(grad(h, x, {.create_graph = true}).item() == 1);
    CHECK(visited == 2 * n);
    CHECK(tape.size() == 1 + n + 2 * n);  // the recomputed links are now on the tape as well
  }
}
