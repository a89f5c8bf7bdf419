#include <cmath>

#include "cases.hpp"

using namespace ebb_test;

namespace {

using Map = std::function<T(const T&)>;

struct Named {
  const char* name;
  Map f;
};

/// Smooth functions of a matrix, or of several side by side.
const std::vector<Named> maps{
    {"tanh", [](const T& x) { return tanh(x); }},
    {"gelu", [](const T& x) { return gelu(x); }},
    {"square", [](const T& x) { return square(x); }},
    {"softmax down", [](const T& x) { return softmax(x, -2); }},
    {"layer_norm", [](const T& x) { return layer_norm(x, 0.1); }},
    {"logsumexp", [](const T& x) { return x - logsumexp(x, -1, {.keep = true}); }},
    {"cumulative_sum", [](const T& x) { return cumulative_sum(x, -2); }},
    {"matmul", [](const T& x) { return matmul(x, x, {.transpose_b = true}); }},
    {"transpose", [](const T& x) { return transpose(x) * 0.5; }},
    {"concatenate",
     [](const T& x) {
       return ebb::concatenate<double>({x, flip(x, -1)}, -1);
     }},
    {"take rows",
     [](const T& x) {
       return gather(x, ebb::IntArray({3}, {0, 0, 0}), -2);
     }},
    {"mean", [](const T& x) { return x * mean(x, -2, {.keep = true}); }},
    {"attention", [](const T& x) { return scaled_dot_product_attention(x, x, x); }},
};

/// One of them after another.
Map drawn_map() {
  const auto draw = [] {
    const Named& map = maps[ebb::to_size(*integers(0, static_cast<int>(maps.size()) - 1))];
    RC_LOG() << map.name << std::endl;
    return map.f;
  };
  const Map first = draw(), second = draw();
  return [=](const T& x) { return second(first(x)); };
}

double dot(const T& a, const T& b) { return sum(a * b).item(); }

}  // namespace

TEST_CASE("the derivative is linear in the cotangent") {
  check_property([] {
    const Map f = drawn_map();
    Tape<double> tape;
    const T x = tape.watch(*tensors(*shapes(2, 3)));
    const T y = f(x);
    const T u = *tensors(y.shape()), v = *tensors(y.shape());
    const double a = *numbers(-2, 2), b = *numbers(-2, 2);
    const T together = grad(y, x, {.cotangent = a * u + b * v});
    const T apart = a * grad(y, x, {.cotangent = u}) + b * grad(y, x, {.cotangent = v});
    RC_ASSERT(close(together, apart, 1e-12));
  });
}

TEST_CASE("the derivative that is recorded has the values of the one that is not") {
  check_property([] {
    const Map f = drawn_map();
    Tape<double> tape;
    const T x = tape.watch(*tensors(*shapes(2, 3)));
    const T y = f(x);
    const T u = *tensors(y.shape());
    const T plain = grad(y, x, {.cotangent = u});
    RC_ASSERT(close(plain, grad(y, x, {.cotangent = u, .create_graph = true}), 1e-12));
  });
}

TEST_CASE("the derivative is the adjoint of the directional derivative") {
  check_property([] {
    const Map f = drawn_map();
    const T at = *tensors(*shapes(2, 3));
    Tape<double> tape;
    const T x = tape.watch(at);
    const T y = f(x);
    const T u = *tensors(y.shape()), v = *tensors(at.shape());
    const double h = 1e-5;
    const T directional = (f(at + h * v) - f(at - h * v)) / (2 * h);
    const double forward = dot(directional, u), backward = dot(v, grad(y, x, {.cotangent = u}));
    RC_LOG() << forward << " and " << backward << std::endl;
    RC_ASSERT(std::abs(forward - backward) <= 1e-7 * (1 + std::abs(forward)));
  });
}

TEST_CASE("the gradient of what was broadcast is summed over the axes that broadcasting made") {
  using Pair = T (*)(const T&, const T&);
  const std::vector<Pair> pairs{[](const T& a, const T& b) { return a + b; },
                                [](const T& a, const T& b) { return a - b; },
                                [](const T& a, const T& b) { return a * b; },
                                [](const T& a, const T& b) { return a / (b + 3); },
                                [](const T& a, const T& b) { return maximum(a, b); },
                                [](const T& a, const T& b) { return where(a < 0.5, a, a * b); },
                                [](const T& a, const T& b) { return power(a + 2, b); }};
  check_property([&] {
    const Pair f = pairs[ebb::to_size(*integers(0, static_cast<int>(pairs.size()) - 1))];
    const Shape target = *shapes(0, 3, 0);
    const T a = *tensors(*broadcasting_to(target)), b = *tensors(*broadcasting_to(target));
    const Shape shape = ebb::broadcast_shape(a.shape(), b.shape());
    const T u = *tensors(shape);

    Tape<double> tape;
    const T small = tape.watch(a), other = tape.watch(b);
    const auto got = grad(f(small, other), {small, other}, {.cotangent = u});
    RC_ASSERT(got[0].shape() == a.shape());
    RC_ASSERT(got[1].shape() == b.shape());

    // The same with every repeated element an input of its own.
    const T whole_a = tape.watch(expand(a, shape)), whole_b = tape.watch(expand(b, shape));
    const auto apart = grad(f(whole_a, whole_b), {whole_a, whole_b}, {.cotangent = u});
    for (std::size_t input : {0U, 1U}) {
      const Shape& from = got[input].shape();
      std::vector<double> sums(ebb::to_size(from.size()));
      for_each_index(shape, [&](const Indices& at) {
        ebb::Index place = 0;
        for (int axis = 0; axis < from.rank(); ++axis) {
          const ebb::Index index = at[ebb::to_size(axis + shape.rank() - from.rank())];
          place = place * from[axis] + (from[axis] == 1 ? 0 : index);
        }
        sums[ebb::to_size(place)] += element(apart[input], at);
      });
      RC_ASSERT(close(got[input], T(from, sums), 1e-12));
    }
  });
}
