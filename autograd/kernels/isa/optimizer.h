#pragma once

#include "../optimizer.h"
#include "isa.h"

namespace ebb::kernels {

/// The updates as autograd/kernels/optimizer.h says.
template <class T>
struct OptimizerKernels {
  void (*clip)(Index n, const ClippedGradient<T>& clipped, T* g);
  void (*sgd)(Index n, const ClippedGradient<T>& g, const SgdStep<T>& step, T* w, T* v);
  void (*adam)(Index n, const ClippedGradient<T>& g, const AdamStep<T>& step, T* w, T* m, T* r, T* largest);
  void (*rmsprop)(Index n, const ClippedGradient<T>& g, const RmsPropStep<T>& step, T* w, T* r);
  void (*adagrad)(Index n, const ClippedGradient<T>& g, const AdagradStep<T>& step, T* w, T* r);
  void (*lion)(Index n, const ClippedGradient<T>& g, const LionStep<T>& step, T* w, T* m);
  void (*move_mean)(Index n, T part, const T* x, T* mean);

  template <Isa>
  static const OptimizerKernels& on();
};

}  // namespace ebb::kernels
