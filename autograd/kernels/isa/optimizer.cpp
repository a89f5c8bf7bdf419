#include "optimizer.h"

#include "row.h"

namespace ebb::kernels {

namespace {

template <class T, class Place>
Batch<T> load(const ClippedGradient<T>& clipped, Place at) {
  const Batch<T> limit(clipped.limit);
  return xsimd::max(xsimd::min(at.load(clipped.g) * Batch<T>(clipped.scale), limit), -limit);
}

/// The clipped gradient, with the weight's decay added.
template <class T, class Place>
Batch<T> decayed(const ClippedGradient<T>& g, T weight_decay, Batch<T> w, Place at) {
  return fma<T>(Batch<T>(weight_decay), w, load(g, at));
}

/// The running mean, moved towards x by 1 - keep of the way.
template <class T>
Batch<T> moved(T keep, Batch<T> mean, Batch<T> x) {
  return fma<T>(Batch<T>(keep), mean, Batch<T>(1 - keep) * x);
}

template <class T>
void clip(Index n, const ClippedGradient<T>& clipped, T* g) {
  for_each_vector<T>(n, [&, clipped](auto at) { at.store(load(clipped, at), g); });
}

template <class T>
void sgd(Index n, const ClippedGradient<T>& g, const SgdStep<T>& step, T* w, T* v) {
  for_each_vector<T>(n, [=, s = step](auto at) {
    const Batch<T> weight = at.load(w), gradient = decayed(g, s.weight_decay, weight, at);
    Batch<T> direction = gradient;
    if (v != nullptr) {
      const Batch<T> momentum(s.momentum), velocity = fma<T>(momentum, at.load(v), gradient);
      at.store(velocity, v);
      direction = s.nesterov ? fma<T>(momentum, velocity, gradient) : velocity;
    }
    at.store(fma<T>(Batch<T>(-s.lr), direction, weight), w);
  });
}

template <class T>
void adam(Index n, const ClippedGradient<T>& g, const AdamStep<T>& step, T* w, T* m, T* v) {
  for_each_vector<T>(n, [=, s = step](auto at) {
    const Batch<T> weight = at.load(w), gradient = decayed(g, s.weight_decay, weight, at);
    const Batch<T> mean = moved(s.beta1, at.load(m), gradient);
    const Batch<T> square = moved(s.beta2, at.load(v), gradient * gradient);
    at.store(mean, m);
    at.store(square, v);
    const Batch<T> root = fma<T>(square_root<T>(square), Batch<T>(s.correction2_root), Batch<T>(s.epsilon));
    at.store(fma<T>(Batch<T>(s.keep), weight, quotient<T>(Batch<T>(-s.lr * s.correction1) * mean, root)), w);
  });
}

template <class T>
void rmsprop(Index n, const ClippedGradient<T>& g, const RmsPropStep<T>& step, T* w, T* v) {
  for_each_vector<T>(n, [=, s = step](auto at) {
    const Batch<T> weight = at.load(w), gradient = decayed(g, s.weight_decay, weight, at);
    const Batch<T> square = moved(s.decay, at.load(v), gradient * gradient);
    at.store(square, v);
    at.store(weight - quotient<T>(Batch<T>(s.lr) * gradient, square_root<T>(square) + Batch<T>(s.epsilon)), w);
  });
}

template <class T>
constexpr OptimizerKernels<T> optimizer_kernels{clip<T>, sgd<T>, adam<T>, rmsprop<T>};

}  // namespace

EBB_DEFINE_FAMILY(OptimizerKernels, optimizer_kernels)

}  // namespace ebb::kernels
