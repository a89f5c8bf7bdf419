#include "optimizer.hpp"

#include <cmath>

namespace ebb::kernels {

template <class T>
void clip(Index n, const ClippedGradient<T>& clipped, T* g) {
  for (Index i = 0; i < n; ++i) g[i] = clipped[i];
}

template <class T>
void sgd(Index n, const ClippedGradient<T>& g, const SgdStep<T>& s, T* w, T* v) {
  if (v == nullptr) {
    for (Index i = 0; i < n; ++i) w[i] -= s.lr * (g[i] + s.weight_decay * w[i]);
    return;
  }
  for (Index i = 0; i < n; ++i) {
    const T decayed = g[i] + s.weight_decay * w[i];
    v[i] = s.momentum * v[i] + decayed;
    w[i] -= s.lr * (s.nesterov ? decayed + s.momentum * v[i] : v[i]);
  }
}

template <class T>
void adam(Index n, const ClippedGradient<T>& g, const AdamStep<T>& s, T* w, T* m, T* v) {
  for (Index i = 0; i < n; ++i) {
    const T decayed = g[i] + s.weight_decay * w[i];
    m[i] = s.beta1 * m[i] + (1 - s.beta1) * decayed;
    v[i] = s.beta2 * v[i] + (1 - s.beta2) * decayed * decayed;
    w[i] = s.keep * w[i] - s.lr * m[i] * s.correction1 / (std::sqrt(v[i]) * s.correction2_root + s.epsilon);
  }
}

template <class T>
void rmsprop(Index n, const ClippedGradient<T>& g, const RmsPropStep<T>& s, T* w, T* v) {
  for (Index i = 0; i < n; ++i) {
    const T decayed = g[i] + s.weight_decay * w[i];
    v[i] = s.decay * v[i] + (1 - s.decay) * decayed * decayed;
    w[i] -= s.lr * decayed / (std::sqrt(v[i]) + s.epsilon);
  }
}

#define EBB_INSTANTIATE(T)                                                              \
  template void clip(Index, const ClippedGradient<T>&, T*);                             \
  template void sgd(Index, const ClippedGradient<T>&, const SgdStep<T>&, T*, T*);       \
  template void adam(Index, const ClippedGradient<T>&, const AdamStep<T>&, T*, T*, T*); \
  template void rmsprop(Index, const ClippedGradient<T>&, const RmsPropStep<T>&, T*, T*);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb::kernels
