#pragma once

#include "../storage/shape.hpp"

// The updates of the optimizers: each is one pass over a parameter w, its gradient g and its running buffers.
namespace ebb::kernels {

/// A finite gradient as the update takes it: scaled (clipping by norm), then held within [-limit, limit] (by value).
template <class T>
struct ClippedGradient {
  const T* g;
  T scale;
  T limit;
};

/// g <- clipped g
template <class T>
void clip(Index n, const ClippedGradient<T>& clipped, T* g);

template <class T>
struct SgdStep {
  T lr, momentum, weight_decay;
  bool nesterov;
};
/// g' = g + weight_decay w      v = momentum v + g'      w -= lr v      (Nesterov: w -= lr (g' + momentum v))
/// `v` may be null without momentum.
template <class T>
void sgd(Index n, const ClippedGradient<T>& g, const SgdStep<T>& step, T* w, T* v);

template <class T>
struct AdamStep {
  T lr, beta1, beta2, epsilon;
  T weight_decay;      // added to the gradient, times w (Adam)
  T keep;              // what is kept of w before the update (AdamW: 1 - lr weight_decay)
  T correction1;       // 1 / (1 - beta1^t)
  T correction2_root;  // 1 / sqrt(1 - beta2^t)
};
/// m = beta1 m + (1 - beta1) g      v = beta2 v + (1 - beta2) g^2
/// w = keep w - lr m correction1 / (sqrt(v) correction2_root + epsilon)
template <class T>
void adam(Index n, const ClippedGradient<T>& g, const AdamStep<T>& step, T* w, T* m, T* v);

template <class T>
struct RmsPropStep {
  T lr, decay, epsilon, weight_decay;
};
/// g' = g + weight_decay w      v = decay v + (1 - decay) g'^2      w -= lr g' / (sqrt(v) + epsilon)
template <class T>
void rmsprop(Index n, const ClippedGradient<T>& g, const RmsPropStep<T>& step, T* w, T* v);

}  // namespace ebb::kernels
