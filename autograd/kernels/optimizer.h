#pragma once

#include "../storage/shape.hpp"

// The updates of the optimizers: each is one pass over a parameter w, its gradient g and its running buffers.
namespace ebb::kernels {

/// A finite gradient as the update takes it: scaled (clipping by norm), then held within [-limit, limit] (by value).
/// The factor is the product of two, as the one that brings 1e38 down to 1 has few digits.
template <class T>
struct ClippedGradient {
  const T* g;
  T first_scale, scale;
  T limit;
};

/// g <- clipped g
template <class T>
void clip(Index n, const ClippedGradient<T>& clipped, T* g);

/// y[i, k] = scales[k] x[i, k]
template <class T>
void scale_columns(Index rows, Index columns, const T* scales, const T* x, T* y);

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
  T lr, rest1, rest2, epsilon;  // rest = 1 - beta
  T weight_decay;               // added to the gradient, times w (Adam)
  T keep;                       // what is kept of w before the update (AdamW: 1 - lr weight_decay)
  T of_mean, of_gradient;       // Adam: 1 / (1 - beta1^t) and 0
  T correction2_root;           // 1 / sqrt(1 - beta2^t)
};
/// m += rest1 (g - m)      r^2 += rest2 (g^2 - r^2)
/// w = keep w - lr (of_mean m + of_gradient g) / (r correction2_root + epsilon)
/// The root r of the running mean square is kept, since the square of a finite gradient may not be finite. Where r and
/// epsilon are 0, w stays. If `largest` is not null, it becomes the largest r so far, and divides in the place of r
/// (AMSGrad).
template <class T>
void adam(Index n, const ClippedGradient<T>& g, const AdamStep<T>& step, T* w, T* m, T* r, T* largest);

template <class T>
struct RmsPropStep {
  T lr, rest, epsilon, weight_decay;  // rest = 1 - decay
};
/// g' = g + weight_decay w      r^2 += rest (g'^2 - r^2)      w -= lr g' / (r + epsilon)
template <class T>
void rmsprop(Index n, const ClippedGradient<T>& g, const RmsPropStep<T>& step, T* w, T* r);

template <class T>
struct AdagradStep {
  T lr, epsilon, weight_decay;
};
/// g' = g + weight_decay w      r^2 += g'^2      w -= lr g' / (r + epsilon)
template <class T>
void adagrad(Index n, const ClippedGradient<T>& g, const AdagradStep<T>& step, T* w, T* r);

template <class T>
struct LionStep {
  T lr, rest1, rest2;  // rest = 1 - beta
  T keep;              // what is kept of w before the update: 1 - lr weight_decay
};
/// w = keep w - lr sign(m + rest1 (g - m))      m += rest2 (g - m)
template <class T>
void lion(Index n, const ClippedGradient<T>& g, const LionStep<T>& step, T* w, T* m);

/// mean += part (x - mean)
template <class T>
void move_mean(Index n, T part, const T* x, T* mean);

}  // namespace ebb::kernels
