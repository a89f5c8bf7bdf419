#pragma once

#include <iosfwd>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "../autograd/parameter.hpp"

// A layer or model is a plain struct. Its fields are parameters or other layers, and one function lists them:
//
//     struct Model {
//       ebb::nn::Linear<> hidden, output;
//       void visit(auto& field) const { field("hidden", hidden), field("output", output); }
//     };
//
// The names and counts of the parameters, optimizers, saving and the scopes of records all rely on `visit` (see
// call.hpp).

namespace ebb {
namespace nn EBB_PUBLIC {

/// A field that may hold a layer, or not: std::optional, std::unique_ptr, std::shared_ptr.
template <class Field>
concept MayHoldALayer = requires(const Field& field) {
  static_cast<bool>(field);
  *field;
};

/// Calls the visit function of a layer or model. A const model must be able to list its fields.
template <class Layer, class Visitor>
void visit_fields(const Layer& layer, Visitor& visitor) {
  if constexpr (requires { layer.visit(visitor); })
    layer.visit(visitor);
  else
    static_assert(sizeof(Layer) == 0,
                  "a model, and each field that its visit function lists, is a parameter, a layer, or a vector, an "
                  "optional or a pointer of these; a layer of your own needs a function "
                  "void visit(auto& field) const { field(\"weight\", weight); } that lists its fields");
}

/// Handles to parameters in a fixed order, each parameter once. The names of its handles belong to the list: another
/// list may know the same parameter by another name. A copy of the list holds handles to the same parameters.
template <class T>
class ParameterList {
 public:
  ParameterList() = default;
  ParameterList(const ParameterList& other);
  ParameterList(ParameterList&& other) noexcept = default;
  ParameterList& operator=(ParameterList other) noexcept {
    parameters_.swap(other.parameters_);
    listed_.swap(other.listed_);
    return *this;
  }

  /// Adds a handle to this parameter under this name, or that of the given handle, unless the list has one already.
  void add(const Parameter<T>& parameter, std::string name = {});
  /// Adds those of another list, under the names that they have there, but for those that are in this list already.
  /// Throws Error, and adds none, if a name would then stand for two: `prefixed` keeps the names of two models apart.
  ///
  ///     const auto both = parameters(generator).prefixed("generator") + parameters(critic).prefixed("critic");
  ParameterList& operator+=(const ParameterList& other);
  friend ParameterList operator+(ParameterList first, const ParameterList& second) {
    first += second;
    return first;
  }
  /// The same parameters under longer names: "weight" becomes "generator.weight".
  ParameterList prefixed(std::string_view prefix) const;
  /// The list of those parameters for which `predicate` returns true.
  template <class Predicate>
  ParameterList where(Predicate predicate) const {
    ParameterList chosen;
    for (const Parameter<T>& parameter : *this)
      if (predicate(parameter)) chosen.add(parameter);
    return chosen;
  }

  std::size_t size() const { return parameters_.size(); }
  bool empty() const { return parameters_.empty(); }
  Parameter<T>& operator[](std::size_t i) & { return parameters_[i]; }
  const Parameter<T>& operator[](std::size_t i) const& { return parameters_[i]; }
  Parameter<T> operator[](std::size_t i) && { return std::move(parameters_[i]); }
  /// The parameter of this name. Throws Error if there is none, with the names that are similar, or more than one. Of a
  /// list that goes at once, it is a handle.
  Parameter<T>& operator[](std::string_view name) & { return parameters_[place_of(name)]; }
  const Parameter<T>& operator[](std::string_view name) const& { return parameters_[place_of(name)]; }
  Parameter<T> operator[](std::string_view name) && { return std::move((*this)[name]); }
  auto begin() { return parameters_.begin(); }
  auto begin() const { return parameters_.begin(); }
  auto end() { return parameters_.end(); }
  auto end() const { return parameters_.end(); }

  /// The number of elements of all parameters together, buffers aside.
  Index count() const;
  /// The number of elements of the trainable parameters.
  Index trainable_count() const;
  /// Passes over buffers.
  void set_trainable(bool trainable);
  void clear_gradients();

  /// The values of all parameters, to be kept and given back later. They take memory once a step changes the originals.
  std::vector<Tensor<T>> values() const;
  /// Gives each parameter its value, in the order of the list. Throws Error, and changes nothing, unless there are as
  /// many values as parameters, and each has the shape of its parameter.
  void set_values(std::span<const Tensor<T>> values);

 private:
  std::size_t place_of(std::string_view name) const;

  std::vector<Parameter<T>> parameters_;
  std::unordered_set<const void*> listed_;  // their states
};

/// The argument that `parameters` hands to a model's `visit`: it goes through the fields and lists the parameters with
/// their paths.
template <class T>
class ParameterVisitor {
 public:
  void operator()(std::string_view name, const Parameter<T>& parameter);
  template <class Layer>
  void operator()(std::string_view name, const Layer& layer) {
    const std::size_t outer = enter(name);
    visit_fields(layer, *this);
    path_.resize(outer);
  }
  /// Lists the elements of a vector under "name.0", "name.1", ...
  template <class Layer>
  void operator()(std::string_view name, const std::vector<Layer>& layers) {
    const std::size_t outer = enter(name);
    for (std::size_t i = 0; i < layers.size(); ++i) (*this)(std::to_string(i), layers[i]);
    path_.resize(outer);
  }
  template <MayHoldALayer Holder>
  void operator()(std::string_view name, const Holder& holder) {
    if (holder) (*this)(name, *holder);
  }
  template <class U>
  void operator()(std::string_view, const Parameter<U>&) {
    static_assert(std::is_same_v<U, T>,
                  "this model's parameters are of another type: say parameters<double>(model), or to make an "
                  "optimizer, say AdamW<double>(model)");
  }

  ParameterList<T> list;

 private:
  std::size_t enter(std::string_view name);  // returns the length of the path outside

  std::string path_;
  std::set<std::string> paths_;  // of all fields so far
};

/// The number type of a model, read off its own type: T for `Model<T>`, and that of the first argument that has one for
/// `Model<A, B>`; float for any other type.
template <class... Candidates>
struct FirstNumber {
  using type = float;
  static constexpr bool found = false;
};
template <class Model>
struct ModelNumber : FirstNumber<> {};
template <>
struct ModelNumber<float> {
  using type = float;
  static constexpr bool found = true;
};
template <>
struct ModelNumber<double> {
  using type = double;
  static constexpr bool found = true;
};
template <class First, class... Rest>
struct FirstNumber<First, Rest...>
    : std::conditional_t<ModelNumber<First>::found, ModelNumber<First>, FirstNumber<Rest...>> {};
template <template <class...> class Model, class... Arguments>
struct ModelNumber<Model<Arguments...>> : FirstNumber<Arguments...> {};

/// The parameters of a model in the order in which `visit` lists them, shared ones once, under the first of their paths
/// ("blocks.3.attention.query.weight"). The paths of a part of a model start at that part. Throws Error if two fields
/// have one path. For a model of double that is no template, write `parameters<double>(model)`.
template <class T, class Model>
ParameterList<T> parameters(const Model& model) {
  ParameterVisitor<T> visitor;
  visit_fields(model, visitor);
  return std::move(visitor.list);
}
template <class Model>
ParameterList<typename ModelNumber<Model>::type> parameters(const Model& model) {
  return parameters<typename ModelNumber<Model>::type>(model);
}

/// A table of parameters: path, shape, count, trainable or not or a buffer, and the total without buffers.
template <class T>
std::string summary(const ParameterList<T>& parameters);
/// Writes that table.
template <class T>
std::ostream& operator<<(std::ostream& out, const ParameterList<T>& parameters);
template <class Model>
requires(!std::is_same_v<Model, ParameterList<typename ModelNumber<Model>::type>>) std::string
    summary(const Model& model) {
  return summary(parameters(model));
}

extern template class ParameterList<float>;
extern template class ParameterList<double>;
extern template class ParameterVisitor<float>;
extern template class ParameterVisitor<double>;

}  // namespace nn
}  // namespace ebb
