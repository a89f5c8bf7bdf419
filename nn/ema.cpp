#include "ema.hpp"

#include <fmt/format.h>

#include <cmath>

#include "../autograd/base/error.hpp"
#include "../autograd/kernels/optimizer.h"
#include "state_fields.hpp"

namespace ebb::nn {

template <class T>
EMA<T>::SwappedIn::SwappedIn(const ParameterList<T>& parameters, const std::vector<Array<T>>& values,
                             std::shared_ptr<bool> swapped)
    : parameters_(parameters), swapped_(std::move(swapped)) {
  for (const Parameter<T>& parameter : parameters_) originals_.push_back(parameter.state().value);
  for (std::size_t i = 0; i < values.size(); ++i) parameters_[i].state().value = values[i];
  *swapped_ = true;
}

template <class T>
EMA<T>::SwappedIn::~SwappedIn() {
  for (std::size_t i = 0; i < originals_.size(); ++i) parameters_[i].state().value = std::move(originals_[i]);
  *swapped_ = false;
}

template <class T>
EMA<T>::EMA(const ParametersOf<T>& model, EMAOptions options)
    : parameters_(model.list()), means_(parameters_.size()), decay_(options.decay) {
  if (!(decay_ >= 0 && decay_ < 1))
    throw Error(fmt::format("EMA: the decay must be at least 0 and less than 1, not {}", decay_));
}

template <class T>
void EMA<T>::check_not_swapped(const char* call) const {
  if (*swapped_)
    throw Error(
        fmt::format("{}: the averages are swapped in; let what swap_in() returned go out of scope first", call));
}

template <class T>
void EMA<T>::check_updated(const char* call) const {
  if (updates_ == 0) throw Error(fmt::format("{}: there is no average before the first update()", call));
}

template <class T>
void EMA<T>::update() {
  check_not_swapped("EMA::update()");
  const double part = (1 - decay_) / (1 - std::pow(decay_, static_cast<double>(updates_ + 1)));
  const auto moves = [this](std::size_t i) { return means_[i].defined() && parameters_[i].trainable(); };
  for (std::size_t i = 0; i < means_.size(); ++i)
    if (moves(i)) means_[i].mutable_data();  // all memory is taken before the first average changes
  for (std::size_t i = 0; i < means_.size(); ++i) {
    const Array<T>& value = parameters_[i].state().value;
    if (moves(i))
      kernels::move_mean(value.size(), static_cast<T>(part), value.data(), means_[i].mutable_data());
    else
      means_[i] = value;
  }
  ++updates_;
}

template <class T>
std::vector<Tensor<T>> EMA<T>::values() const {
  check_updated("EMA::values()");
  return {means_.begin(), means_.end()};
}

template <class T>
typename EMA<T>::SwappedIn EMA<T>::swap_in() {
  check_not_swapped("EMA::swap_in()");
  check_updated("EMA::swap_in()");
  return SwappedIn(parameters_, means_, swapped_);
}

template <class T>
void EMA<T>::visit_state(StateFields& field) {
  check_not_swapped("a training's file");
  field.constant("decay", fmt::format("{}", decay_));
  field("updates", updates_);
  for (std::size_t i = 0; i < means_.size(); ++i)
    field.array("mean." + parameters_[i].name(), means_[i], parameters_[i].shape());
}

template class EMA<float>;
template class EMA<double>;

}  // namespace ebb::nn
