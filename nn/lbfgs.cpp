#include "lbfgs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <ostream>

#include "../autograd/base/error.hpp"
#include "../autograd/tape.hpp"
#include "line_search.h"
#include "state_fields.hpp"

namespace ebb::nn {

namespace {

template <class X>
double dot(const std::vector<double>& a, const X& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
double dot(const Array<double>& a, const Array<double>& b) {
  return std::inner_product(a.data(), a.data() + a.size(), b.data(), 0.0);
}

/// a += factor b
template <class X>
void add_scaled(std::vector<double>& a, double factor, const X& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += factor * b[i];
}

double largest(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0, [](double most, double v) { return std::max(most, std::abs(v)); });
}

}  // namespace

std::string to_string(const LBFGSReport& report) {
  return fmt::format("loss {:.6g} to {:.6g}, gradient norm {:.4g}, {} iterations, {} evaluations{}", report.loss_before,
                     report.loss, report.gradient_norm, report.iterations, report.evaluations,
                     report.converged ? ", converged"
                     : report.stalled ? ", stalled"
                                      : "");
}

std::ostream& operator<<(std::ostream& out, const LBFGSReport& report) { return out << to_string(report); }

template <class T>
LBFGS<T>::LBFGS(const ParametersOf<T>& model, LBFGSOptions options) : parameters_(model.list()), options_(options) {
  for (const auto& [name, count] : {std::pair{"iterations", options.iterations}, std::pair{"history", options.history},
                                    std::pair{"evaluations", options.evaluations}})
    if (count < 1) throw Error(fmt::format("LBFGS: the {} must be at least 1, not {}", name, count));
  if (!(options.tolerance >= 0))
    throw Error(fmt::format("LBFGS: the tolerance must be at least 0, not {}", options.tolerance));
  for (const Parameter<T>& parameter : parameters_) held_.emplace_back(parameter);
  changes_.resize(to_size(Index{options.history}));
}

template <class T>
typename LBFGS<T>::Vector LBFGS<T>::values() const {
  Vector all;
  for (const Parameter<T>& parameter : parameters_) {
    const Array<T>& value = parameter.state().value;
    all.insert(all.end(), value.data(), value.data() + value.size());
  }
  return all;
}

template <class T>
void LBFGS<T>::set_values(const Vector& from, const Vector& direction, double length) {
  std::size_t next = 0;
  for (Parameter<T>& parameter : parameters_) {
    T* w = parameter.state().value.mutable_data();
    for (Index i = 0; i < parameter.size(); ++i, ++next)
      if (parameter.trainable()) w[i] = static_cast<T>(from[next] + length * direction[next]);
  }
}

template <class T>
LinePoint LBFGS<T>::evaluate(const std::function<Tensor<T>()>& loss) {
  LinePoint point;
  parameters_.clear_gradients();
  Tape<T> tape;
  const Tensor<T> value = loss();
  tape.backward(value, {.into = parameters_});
  point.loss = static_cast<double>(value.item());
  for (const Parameter<T>& parameter : parameters_) {
    const Array<T> gradient = parameter.gradient().value();
    if (gradient.defined() && parameter.trainable())
      point.gradient.insert(point.gradient.end(), gradient.data(), gradient.data() + gradient.size());
    else
      point.gradient.resize(point.gradient.size() + to_size(parameter.size()));
  }
  parameters_.clear_gradients();
  return point;
}

/// The way down: minus the gradient, times the inverse curvature that the changes tell of. It is of no account where a
/// parameter is frozen: its gradient is zero, and set_values() leaves it alone.
template <class T>
typename LBFGS<T>::Vector LBFGS<T>::direction(const Vector& gradient) const {
  Vector d = gradient;
  std::vector<double> shares;
  for (const Change& change : changes_) {
    if (!change.values.defined()) break;
    shares.push_back(dot(d, change.values.values()) / dot(change.values, change.gradient));
    add_scaled(d, -shares.back(), change.gradient.values());
  }
  if (!shares.empty()) {
    const Change& newest = changes_[0];
    const double scale = dot(newest.values, newest.gradient) / dot(newest.gradient, newest.gradient);
    for (double& x : d) x *= scale;
  }
  for (std::size_t i = shares.size(); i-- > 0;) {
    const Change& change = changes_[i];
    const double share = dot(d, change.gradient.values()) / dot(change.values, change.gradient);
    add_scaled(d, shares[i] - share, change.values.values());
  }
  for (double& x : d) x = -x;
  return d;
}

template <class T>
void LBFGS<T>::remember(const Vector& moved, const Vector& bent) {
  if (!(dot(moved, bent) > 1e-10 * dot(bent, bent))) return;  // the loss curves down: no inverse to estimate
  const Shape shape(moved.size());
  std::rotate(changes_.begin(), changes_.end() - 1, changes_.end());
  changes_[0] = {Array<double>(shape, std::span<const double>(moved)),
                 Array<double>(shape, std::span<const double>(bent))};
}

template <class T>
LBFGSReport LBFGS<T>::iterate(const std::function<Tensor<T>()>& loss) {
  LBFGSReport report;
  LinePoint here = evaluate(loss);
  report.evaluations = 1;
  if (!std::isfinite(here.loss) || !std::isfinite(largest(here.gradient)))
    throw Error(fmt::format("LBFGS: the loss, {}, or its gradient is not finite; no parameter was updated", here.loss));
  report.loss_before = here.loss;
  while (true) {
    report.converged = largest(here.gradient) <= options_.tolerance;
    if (report.converged || report.iterations == options_.iterations) break;
    const bool steepest = !changes_[0].values.defined();
    const Vector from = values(), d = direction(here.gradient);
    here.place = 0;
    here.slope = dot(here.gradient, d);
    double sizes = 0;
    for (const double g : here.gradient) sizes += std::abs(g);
    const double first = steepest ? std::min(1.0, 1 / sizes) : 1;
    LinePoint found = here;
    if (here.slope < 0)
      found = strong_wolfe(here, first, options_.evaluations, [&](double place) {
        set_values(from, d, place);
        LinePoint point = evaluate(loss);
        ++report.evaluations;
        point.place = place;
        point.slope = dot(point.gradient, d);
        return point;
      });
    set_values(from, d, found.place);
    if (found.place == 0 && steepest) {
      report.stalled = true;
      break;
    }
    if (found.place == 0) {  // what the changes tell is of no use here: the next iteration goes down the gradient
      changes_.assign(changes_.size(), {});
      continue;
    }
    Vector moved = values(), bent = found.gradient;
    add_scaled(moved, -1, from);
    add_scaled(bent, -1, here.gradient);
    remember(moved, bent);
    here = std::move(found);
    ++report.iterations;
  }
  report.loss = here.loss;
  report.gradient_norm = std::sqrt(dot(here.gradient, here.gradient));
  return report;
}

template <class T>
LBFGSReport LBFGS<T>::step(const std::function<Tensor<T>()>& loss) {
  const std::vector<Tensor<T>> before = parameters_.values();
  const std::vector<Change> changes = changes_;
  try {
    return iterate(loss);
  } catch (...) {
    parameters_.clear_gradients();
    for (std::size_t i = 0; i < before.size(); ++i) parameters_[i].state().value = before[i].value();
    changes_ = changes;
    throw;
  }
}

template <class T>
void LBFGS<T>::visit_state(StateFields& field) {
  field.constant("method", fmt::format("LBFGS, history {}", options_.history));
  std::size_t size = 0;
  for (const Parameter<T>& parameter : parameters_) size += to_size(parameter.size());
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    field.array(fmt::format("change.{}.values", i), changes_[i].values, Shape(size));
    field.array(fmt::format("change.{}.gradient", i), changes_[i].gradient, Shape(size));
  }
}

template class LBFGS<float>;
template class LBFGS<double>;

}  // namespace ebb::nn
