#include "optimizer.h"

#include <limits>

#include "row.h"

namespace ebb::kernels {

namespace EBB_ISA {
namespace {

template <class T, class Place>
Vector<T> load(const ClippedGradient<T>& clipped, Place place) {
  const Vector<T> limit(clipped.limit);
  return xsimd::max(
      xsimd::min(place.load(clipped.g) * Vector<T>(clipped.first_scale) * Vector<T>(clipped.scale), limit), -limit);
}

/// The clipped gradient, with the weight's decay added.
template <class T, class Place>
Vector<T> decayed(const ClippedGradient<T>& g, T weight_decay, Vector<T> w, Place place) {
  return fma<T>(Vector<T>(weight_decay), w, load(g, place));
}

/// The running mean, moved towards x by this part of the way.
template <class T>
Vector<T> moved(T part, Vector<T> mean, Vector<T> x) {
  return fma<T>(Vector<T>(part), x - mean, mean);
}

/// The root of mix(root^2, x^2), a mean or sum of the two: in units in which no square overflows or vanishes.
template <class T, class Mix>
Vector<T> root_of_mix_in_units(Mix mix, Vector<T> root, Vector<T> x) {
  using V = Vector<T>;
  constexpr T bound = sizeof(T) == 4 ? T(0x1p40) : T(0x1p400), unit = sizeof(T) == 4 ? T(0x1p80) : T(0x1p600);
  const V size = xsimd::max(xsimd::abs(root), xsimd::abs(x));
  const auto large = size > V(bound), small = size < V(1 / bound);
  const V down = xsimd::select(large, V(1 / unit), xsimd::select(small, V(unit), V(1)));
  const V up = xsimd::select(large, V(unit), xsimd::select(small, V(1 / unit), V(1)));
  const V r = root * down, g = x * down;
  return square_root<T>(mix(r * r, g * g)) * up;
}

/// The same, at once where the squares are of usual size.
template <class T, class Mix>
Vector<T> root_of_mix(Mix mix, Vector<T> root, Vector<T> x) {
  using V = Vector<T>;
  constexpr T most = sizeof(T) == 4 ? T(0x1p80) : T(0x1p800);
  const V square = mix(root * root, x * x);
  if (xsimd::all(square < V(most) && square > V(1 / most))) return square_root<T>(square);
  return root_of_mix_in_units<T>(mix, root, x);
}

/// The root of a running mean square, moved by this part of the way towards the square of x.
template <class T>
Vector<T> moved_root(T part, Vector<T> root, Vector<T> x) {
  return root_of_mix<T>([part](Vector<T> mean, Vector<T> square) { return moved(part, mean, square); }, root, x);
}

/// For epsilon: more than 0, so that where no gradient has come yet the step is 0 / epsilon and not NaN.
template <class T>
T positive(T epsilon) {
  constexpr T least = std::numeric_limits<T>::denorm_min();
  return epsilon > least ? epsilon : least;
}

template <class T>
void clip(Index n, const ClippedGradient<T>& clipped, T* g) {
  for_each_vector<T>(n, [&, clipped](auto place) { place.store(load(clipped, place), g); });
}

template <class T>
void sgd(Index n, const ClippedGradient<T>& g, const SgdStep<T>& step, T* w, T* v) {
  for_each_vector<T>(n, [=, s = step](auto place) {
    const Vector<T> weight = place.load(w), gradient = decayed(g, s.weight_decay, weight, place);
    Vector<T> direction = gradient;
    if (v != nullptr) {
      const Vector<T> momentum(s.momentum), velocity = fma<T>(momentum, place.load(v), gradient);
      place.store(velocity, v);
      direction = s.nesterov ? fma<T>(momentum, velocity, gradient) : velocity;
    }
    place.store(fma<T>(Vector<T>(-s.lr), direction, weight), w);
  });
}

template <class T>
void adam(Index n, const ClippedGradient<T>& g, const AdamStep<T>& step, T* w, T* m, T* r, T* largest) {
  const T epsilon = positive(step.epsilon);
  for_each_vector<T>(n, [=, s = step](auto place) {
    const Vector<T> weight = place.load(w), gradient = decayed(g, s.weight_decay, weight, place);
    const Vector<T> mean = moved(s.rest1, place.load(m), gradient);
    Vector<T> root = moved_root(s.rest2, place.load(r), gradient);
    place.store(mean, m);
    place.store(root, r);
    if (largest != nullptr) {
      root = xsimd::max(root, place.load(largest));
      place.store(root, largest);
    }
    const Vector<T> divisor = fma<T>(root, Vector<T>(s.correction2_root), Vector<T>(epsilon));
    const Vector<T> direction = fma<T>(Vector<T>(-s.lr * s.of_gradient), gradient, Vector<T>(-s.lr * s.of_mean) * mean);
    place.store(fma<T>(Vector<T>(s.keep), weight, quotient<T>(direction, divisor)), w);
  });
}

template <class T>
void rmsprop(Index n, const ClippedGradient<T>& g, const RmsPropStep<T>& step, T* w, T* r) {
  const T epsilon = positive(step.epsilon);
  for_each_vector<T>(n, [=, s = step](auto place) {
    const Vector<T> weight = place.load(w), gradient = decayed(g, s.weight_decay, weight, place);
    const Vector<T> root = moved_root(s.rest, place.load(r), gradient);
    place.store(root, r);
    place.store(weight - quotient<T>(Vector<T>(s.lr) * gradient, root + Vector<T>(epsilon)), w);
  });
}

template <class T>
void adagrad(Index n, const ClippedGradient<T>& g, const AdagradStep<T>& step, T* w, T* r) {
  const T epsilon = positive(step.epsilon);
  for_each_vector<T>(n, [=, s = step](auto place) {
    const auto sum = [](Vector<T> a, Vector<T> b) { return a + b; };
    const Vector<T> weight = place.load(w), gradient = decayed(g, s.weight_decay, weight, place);
    const Vector<T> root = root_of_mix<T>(sum, place.load(r), gradient);
    place.store(root, r);
    place.store(weight - quotient<T>(Vector<T>(s.lr) * gradient, root + Vector<T>(epsilon)), w);
  });
}

template <class T>
void lion(Index n, const ClippedGradient<T>& g, const LionStep<T>& step, T* w, T* m) {
  for_each_vector<T>(n, [=, s = step](auto place) {
    const Vector<T> zero(T{0}), lr(s.lr), mean = place.load(m), gradient = load(g, place);
    const Vector<T> direction = moved(s.rest1, mean, gradient);
    const Vector<T> change = xsimd::select(direction > zero, -lr, xsimd::select(direction < zero, lr, zero));
    place.store(fma<T>(Vector<T>(s.keep), place.load(w), change), w);
    place.store(moved(s.rest2, mean, gradient), m);
  });
}

template <class T>
void move_mean(Index n, T part, const T* x, T* mean) {
  for_each_vector<T>(n, [=](auto place) { place.store(moved(part, place.load(mean), place.load(x)), mean); });
}

template <class T>
constexpr OptimizerKernels<T> optimizer_kernels{clip<T>,    sgd<T>,  adam<T>,     rmsprop<T>,
                                                adagrad<T>, lion<T>, move_mean<T>};

}  // namespace
}  // namespace EBB_ISA

EBB_DEFINE_TABLE(OptimizerKernels, EBB_ISA::optimizer_kernels)

}  // namespace ebb::kernels
