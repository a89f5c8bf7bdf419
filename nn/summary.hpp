#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/tape.hpp"
#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// A layer in a model's summary. Its numbers include those of the layers inside it.
struct LayerSummary {
  std::string layer;                   ///< Its path ("blocks.3.attention"); empty for the whole model.
  std::optional<Shape> result;         ///< Of the last call; none if the call of the model did not come here.
  Index trainable = 0;                 ///< The number of elements of its trainable parameters.
  Index frozen = 0;                    ///< Of those that are not.
  Index buffers = 0;                   ///< Of its buffers, which are no parameters: running means, say.
  std::size_t parameter_bytes = 0;     ///< What all of these take.
  std::size_t bytes_for_backward = 0;  ///< What its records keep for the backward walk, parameters aside.
};

/// A model layer by layer, as one call of it shows them; see summary().
struct ModelSummary {
  std::vector<LayerSummary> layers;  ///< In the order of the model's `visit`, each before those inside it.
  LayerSummary total;                ///< The whole model.

  /// The layers of the first `depth` levels alone: with 1, the model's own fields.
  ModelSummary to_depth(int depth) const;
};

/// A table: for each layer its path, the shape of its result, the numbers of elements of its parameters and buffers,
/// their bytes, and the bytes kept for the backward walk; a layer that the call did not come to has a "-". The total is
/// at the end.
std::string to_string(const ModelSummary& summary);
std::ostream& operator<<(std::ostream& out, const ModelSummary& summary);

/// Summarises what `call` computes on a tape of its own. For `summary`, which makes the call.
template <class T>
ModelSummary summary_of_call(const ParameterList<T>& parameters, const std::function<Tensor<T>(Tape<T>&)>& call,
                             SourceLocation at);

/// The summary of a model for one call of it, with this input:
///
///     std::cout << ebb::nn::summary(model, x);
///
/// or with a function that makes the call, for a model that takes more than one input:
///
///     std::cout << ebb::nn::summary(model, [&] { return model(tokens, key); });
///
/// The layers and shapes are read off a tape of its own on which the call is recorded, so that a layer shows if it runs
/// in a scope of its name, as `call` and Sequential have it, or has parameters. Inside a checkpoint nothing is recorded
/// or kept, and its layers show no result. A parameter that several layers share counts for the first of them, bytes
/// that the records of several layers keep for the first to keep them. Nothing is left changed: neither the model (the
/// running means of a BatchNorm go back to what they were) nor gradients, nor a tape in scope. For a model of double
/// that is no template, write `summary<double>(model, x)`.
template <class T, class Model, class Input>
ModelSummary summary(const Model& model, const Input& input, SourceLocation at = SourceLocation::current()) {
  const auto result_of = [](const auto& call) {
    if constexpr (std::is_convertible_v<decltype(call()), Tensor<T>>)
      return Tensor<T>(call());
    else
      return call(), Tensor<T>();
  };
  const auto recorded = [&](Tape<T>& tape) {
    if constexpr (std::is_invocable_v<const Input&>)
      return result_of(input);
    else if constexpr (std::is_same_v<Input, Tensor<T>>)  // watched, so that all that is computed of it is recorded
      return result_of([&] { return model(tape.watch(input)); });
    else
      return result_of([&] { return model(input); });
  };
  return summary_of_call<T>(parameters<T>(model), recorded, at);
}
template <class Model, class Input>
ModelSummary summary(const Model& model, const Input& input, SourceLocation at = SourceLocation::current()) {
  return summary<typename ModelNumber<Model>::type>(model, input, at);
}

}  // namespace nn
}  // namespace ebb
