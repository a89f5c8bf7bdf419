#include "optimizer.h"

#include "row.h"

namespace ebb::kernels {

namespace EBB_ISA {
namespace {

template <class T, class Place>
Vector<T> load(const ClippedGradient<T>& clipped, Place place) {
  const Vector<T> limit(clipped.limit);
  return xsimd::max(xsimd::min(place.load(clipped.g) * Vector<T>(clipped.scale), limit), -limit);
}

/// The clipped gradient, with the weight's decay added.
template <class T, class Place>
Vector<T> decayed(const ClippedGradient<T>& g, T weight_decay, Vector<T> w, Place place) {
  return fma<T>(Vector<T>(weight_decay), w, load(g, place));
}

/// The running mean, moved towards x by 1 - keep of the way.
template <class T>
Vector<T> moved(T keep, Vector<T> mean, Vector<T> x) {
  return fma<T>(Vector<T>(keep), mean, Vector<T>(1 - keep) * x);
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
void adam(Index n, const ClippedGradient<T>& g, const AdamStep<T>& step, T* w, T* m, T* v) {
  for_each_vector<T>(n, [=, s = step](auto place) {
    const Vector<T> weight = place.load(w), gradient = decayed(g, s.weight_decay, weight, place);
    const Vector<T> mean = moved(s.beta1, place.load(m), gradient);
    const Vector<T> square = moved(s.beta2, place.load(v), gradient * gradient);
    place.store(mean, m);
    place.store(square, v);
    const Vector<T> root = fma<T>(square_root<T>(square), Vector<T>(s.correction2_root), Vector<T>(s.epsilon));
    place.store(fma<T>(Vector<T>(s.keep), weight, quotient<T>(Vector<T>(-s.lr * s.correction1) * mean, root)), w);
  });
}

template <class T>
void rmsprop(Index n, const ClippedGradient<T>& g, const RmsPropStep<T>& step, T* w, T* v) {
  for_each_vector<T>(n, [=, s = step](auto place) {
    const Vector<T> weight = place.load(w), gradient = decayed(g, s.weight_decay, weight, place);
    const Vector<T> square = moved(s.decay, place.load(v), gradient * gradient);
    place.store(square, v);
    place.store(weight - quotient<T>(Vector<T>(s.lr) * gradient, square_root<T>(square) + Vector<T>(s.epsilon)), w);
  });
}

template <class T>
constexpr OptimizerKernels<T> optimizer_kernels{clip<T>, sgd<T>, adam<T>, rmsprop<T>};

}  // namespace
}  // namespace EBB_ISA

EBB_DEFINE_TABLE(OptimizerKernels, EBB_ISA::optimizer_kernels)

}  // namespace ebb::kernels
