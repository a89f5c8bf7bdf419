#pragma once

#include <functional>
#include <limits>

#include "../autograd/base/visibility.hpp"
#include "../autograd/storage/shape.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

class StateFields;

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
/// Falls in equal steps from `lr` to `final`, reaches it after `steps` steps, and stays there. Throws Error unless
/// steps > 0.
Schedule linear_decay(double lr, Index steps, double final = 0);
/// lr factor^floor(step / every): falls at once after every so many steps, and stays in between. Throws Error unless
/// every > 0 and 0 < factor <= 1.
Schedule step_decay(double lr, Index every, double factor = 0.1);
/// lr factor^step. Throws Error unless 0 < factor <= 1.
Schedule exponential(double lr, double factor);

struct OneCycleOptions {
  double rise = 0.3;            ///< The share of the steps in which the rate rises.
  double start = 1.0 / 25;      ///< The first rate, as a part of the highest.
  double final = 1.0 / 250000;  ///< The last rate, as a part of the highest.
};
/// Rises along half a cosine to the rate `highest`, and falls along another far below the first one, over `steps` steps
/// together (Smith & Topin 2018). Step `steps` and all later ones have the last rate. Throws Error unless steps > 0 and
/// the options lie in [0, 1].
Schedule one_cycle(double highest, Index steps, OneCycleOptions options = {});

/// Rises in equal steps to the first rate of `then`, then follows `then`: linear_warmup(100, cosine(3e-4, 900)). Step 0
/// already has the first share, so that no step has a rate of 0. With 0 steps it is `then` alone. Throws Error if steps
/// is negative.
Schedule linear_warmup(Index steps, Schedule then);
/// Follows `first` for so many steps, and `then`, from its step 0 on, after them: joined(constant(0.1), 100,
/// joined(constant(0.01), 50, cosine(0.01, 900))). Throws Error if steps is negative.
Schedule joined(Schedule first, Index steps, Schedule then);

struct ReduceOnPlateauOptions {
  double factor = 0.1;      ///< What is left of the rate.
  Index patience = 10;      ///< The number of losses in a row that are let pass without a better one.
  double threshold = 1e-4;  ///< Better is less than (1 - threshold) times the best, or (1 + threshold) times, below 0.
  double least = 0;         ///< The rate does not fall below.
};

/// The learning rate for a loss that stops falling: it is cut once more than `patience` losses in a row, of held-out
/// data, say, were no better than the best before them. It has state, which a training's file may hold; so it is no
/// Schedule:
///
///     ebb::nn::ReduceOnPlateau plateau(1e-3, {.patience = 5});
///     optimizer.set_learning_rate(plateau(validation_loss));  // after each epoch
class ReduceOnPlateau {
 public:
  /// Throws Error for a rate that is negative or not finite, and unless 0 < factor < 1, patience >= 0, and the
  /// threshold lies in [0, 1).
  explicit ReduceOnPlateau(double lr, ReduceOnPlateauOptions options = {});
  /// Takes in a loss, and returns the rate from here on. Throws Error for NaN.
  double operator()(double loss);
  double learning_rate() const { return lr_; }

  void visit_state(StateFields& field);

 private:
  double lr_;
  ReduceOnPlateauOptions options_;
  double best_ = std::numeric_limits<double>::infinity();
  Index waited_ = 0;  // losses in a row that were no better
};

}  // namespace nn
}  // namespace ebb
