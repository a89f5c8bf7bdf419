#pragma once

#include <memory>
#include <vector>

#include "parameters_of.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

class StateFields;

struct EMAOptions {
  double decay = 0.999;  ///< The average reaches back over about 1 / (1 - decay) updates.
};

/// The exponential moving average of a model's parameters, which often does better than those of the last step. After
/// update number t it is
///
///   ((1 - decay) / (1 - decay^t)) sum over i of decay^(t - i) w_i
///
/// with w_i the values at update i: corrected for its start, as Adam's means are, so that it owes nothing to the values
/// from before the first update, and is that one's after it. What is not trainable is taken as it was at the last
/// update. A training's state may hold it.
///
///     ebb::nn::EMA average(model, {.decay = 0.99});
///     optimizer.step();
///     average.update();
///     {
///       const auto swapped = average.swap_in();  // to the end of the scope the model has the averages for its values
///       evaluate(model);
///     }
///     ebb::nn::parameters(other).set_values(average.values());
template <class T = float>
class EMA {
 public:
  /// Puts the values back that stood there before `swap_in`, whatever was done to the averages meanwhile.
  class [[nodiscard]] SwappedIn {
   public:
    ~SwappedIn();
    SwappedIn(const SwappedIn&) = delete;
    SwappedIn& operator=(const SwappedIn&) = delete;

   private:
    friend class EMA;
    SwappedIn(const ParameterList<T>& parameters, const std::vector<Array<T>>& values, std::shared_ptr<bool> swapped);
    ParameterList<T> parameters_;
    std::vector<Array<T>> originals_;
    std::shared_ptr<bool> swapped_;
  };

  /// Throws Error unless decay is at least 0 and less than 1.
  explicit EMA(const ParametersOf<T>& model, EMAOptions options = {});
  EMA(EMA&&) noexcept = default;
  EMA& operator=(EMA&&) noexcept = default;

  /// Takes in the values as they are: after each step. Throws Error while the averages are swapped in.
  void update();
  Index updates() const { return updates_; }
  /// The averages, in the order of the model's parameters. Throws Error before the first update.
  std::vector<Tensor<T>> values() const;
  /// Gives the model the averages, as long as what it returns is in scope. Throws Error before the first update, and
  /// while they are swapped in already.
  SwappedIn swap_in();

  /// Lists the averages, for a training's file. Throws Error while they are swapped in.
  void visit_state(StateFields& field);

 private:
  void check_not_swapped(const char* call) const;
  void check_updated(const char* call) const;

  ParameterList<T> parameters_;
  std::vector<Array<T>> means_;  // undefined before the first update
  double decay_;
  Index updates_ = 0;
  std::shared_ptr<bool> swapped_ = std::make_shared<bool>(false);
};
template <class Source>
EMA(const Source&, EMAOptions = {}) -> EMA<ScalarOf<Source>>;

extern template class EMA<float>;
extern template class EMA<double>;

}  // namespace nn
}  // namespace ebb
