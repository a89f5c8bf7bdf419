#pragma once

#include <functional>

#include "../autograd/base/visibility.hpp"
#include "../autograd/storage/shape.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The learning rate for a step, counted from 0: `optimizer.set_learning_rate(schedule(step))`.
using Schedule = std::function<double(Index step)>;

// Each of these throws Error for a rate that is negative or not finite.

/// Keeps one rate in every step.
Schedule constant(double lr);
/// Falls along half a cosine from `lr` to `final`, reaches it after `steps` steps, and stays there (Loshchilov & Hutter
/// 2017). Throws Error unless steps > 0.
Schedule cosine(double lr, Index steps, double final = 0);
/// lr / sqrt(1 + step / scale). After a warm-up of `scale` steps it is the schedule of Vaswani et al. 2017. Throws
/// Error unless scale > 0.
Schedule inverse_square_root(double lr, Index scale);
/// Rises in equal steps to the first rate of `then`, then follows `then`: linear_warmup(100, cosine(3e-4, 900)). Step 0
/// already has the first share, so that no step has a rate of 0. With 0 steps it is `then` alone. Throws Error if steps
/// is negative.
Schedule linear_warmup(Index steps, Schedule then);

}  // namespace nn
}  // namespace ebb
