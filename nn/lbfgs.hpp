#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "held_parameter.hpp"
#include "parameters_of.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

class StateFields;
struct LinePoint;  // line_search.h

struct LBFGSOptions {
  int iterations = 20;      ///< In one step, unless it converges.
  int history = 10;         ///< The number of past changes from which the curvature is estimated.
  int evaluations = 25;     ///< At most so many of the loss in one line search.
  double tolerance = 1e-7;  ///< Converged once no element of the gradient is larger.
};

/// The report of a step of LBFGS.
struct LBFGSReport {
  double loss_before = 0, loss = 0;  ///< At the start of the step and at its end.
  double gradient_norm = 0;          ///< At its end.
  int iterations = 0;                ///< How many there were.
  int evaluations = 0;               ///< Of the loss and its gradient.
  bool converged = false;            ///< The gradient is within the tolerance.
  bool stalled = false;  ///< Not even down the gradient itself a lower loss was found: its digits are used up.
};

/// "loss 2.5 to 0.1, gradient norm 1e-08, 12 iterations, 15 evaluations, converged"
std::string to_string(const LBFGSReport& report);
std::ostream& operator<<(std::ostream& out, const LBFGSReport& report);

/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal 1980; Nocedal & Wright 2006, algorithms
/// 7.4 and 7.5), with a line search for the strong Wolfe conditions: for smooth losses without noise that take all data
/// at once, where it needs far fewer evaluations than the other optimizers, and no rate. It evaluates the loss anew
/// where it looks, so it is given the loss as a function, and records and walks the tape by itself:
///
///     ebb::nn::LBFGS optimizer(model);
///     auto report = optimizer.step([&] { return mean_squared_error(model(x), y); });
///
/// The function must give the same loss for the same parameters: dropout needs one key in all calls.
template <class T = float>
class LBFGS {
 public:
  /// Throws Error for counts less than 1 and a tolerance that is negative.
  explicit LBFGS(const ParametersOf<T>& model, LBFGSOptions options = {});
  LBFGS(LBFGS&&) noexcept = default;
  LBFGS& operator=(LBFGS&&) noexcept = default;

  /// Lowers the loss in some iterations, and clears the gradients. Frozen parameters stay as they are. Throws Error if
  /// the loss is not one element that was recorded and depends on a parameter, or is not finite at the start; then, and
  /// if the function throws, the parameters are as they were before the step.
  LBFGSReport step(const std::function<Tensor<T>()>& loss);

  /// Lists the past changes, for a training's file.
  void visit_state(StateFields& field);

 private:
  using Vector = std::vector<double>;  // of all parameters, one after another

  LBFGSReport iterate(const std::function<Tensor<T>()>& loss);
  LinePoint evaluate(const std::function<Tensor<T>()>& loss);
  Vector direction(const Vector& gradient) const;
  void remember(const Vector& moved, const Vector& bent);
  Vector values() const;
  void set_values(const Vector& from, const Vector& direction, double length);

  std::vector<HeldParameter<T>> held_;
  ParameterList<T> parameters_;
  LBFGSOptions options_;
  /// A change of the values, and that of the gradient with it. The newest comes first, undefined ones last.
  struct Change {
    Array<double> values, gradient;
  };
  std::vector<Change> changes_;
};
template <class Source>
LBFGS(const Source&, LBFGSOptions = {}) -> LBFGS<ScalarOf<Source>>;

extern template class LBFGS<float>;
extern template class LBFGS<double>;

}  // namespace nn
}  // namespace ebb
