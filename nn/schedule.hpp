#pragma once

#include <functional>

#include "../autograd/base/visibility.hpp"
#include "../autograd/storage/shape.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The learning rate for a step, counted from 0: `optimizer.set_learning_rate(schedule(step))`.
using Schedule = std::function<double(Index step)>;

Schedule constant(double lr);
/// Along half a cosine from `lr` down to `final`, which it reaches after `steps` steps and keeps (Loshchilov & Hutter
/// 2017).
Schedule cosine(double lr, Index steps, double final = 0);
/// lr / sqrt(1 + step / scale). After a warm-up of `scale` steps: the schedule of Vaswani et al. 2017.
Schedule inverse_square_root(double lr, Index scale);
/// Rises in equal parts, the first of them in step 0, to the first rate of `then`, which goes on from there:
/// linear_warmup(100, cosine(3e-4, 900)). Over 0 steps: `then` alone.
Schedule linear_warmup(Index steps, Schedule then);

}  // namespace nn
}  // namespace ebb
