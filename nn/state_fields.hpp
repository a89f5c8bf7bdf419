#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../autograd/base/visibility.hpp"
#include "parameters.hpp"

namespace ebb {
namespace nn EBB_PUBLIC {

/// The visitor to which an object shows the fields that change in a training, to be written to a file or set from one:
///
///     struct EarlyStopping {
///       double best = 1e9;
///       int patience = 0;
///       void visit_state(auto& field) { field("best", best), field("patience", patience); }
///     };
///
/// A field is a number, a text, a vector of double, an array, a constant tensor, a Generator, a model or a
/// list of parameters, or another object with such a function.
class StateFields {
 public:
  StateFields() = default;
  virtual ~StateFields() = default;
  StateFields(const StateFields&) = delete;
  StateFields& operator=(const StateFields&) = delete;

  template <class Object>
  void operator()(std::string_view name, Object& object) {
    const std::size_t outer = enter(name);
    visit(object);
    path_.resize(outer);
  }
  /// An array that is undefined or has this shape.
  template <class T>
  void array(std::string_view name, Array<T>& array, const Shape& shape) {
    const std::size_t outer = enter(name);
    visit_array(array, &shape, false, [&array](Array<T> read) { array = std::move(read); });
    path_.resize(outer);
  }
  /// What must be in the file as it is here, such as the method of an optimizer.
  void constant(std::string_view name, const std::string& text) {
    const std::size_t outer = enter(name);
    visit_constant(text);
    path_.resize(outer);
  }

 protected:
  template <class X>
  using Set = std::function<void(X)>;

  /// The names of the objects around the field and its own: "optimizer.steps".
  const std::string& path() const { return path_; }
  virtual void visit_integer(std::int64_t x, std::int64_t least, std::int64_t most, Set<std::int64_t> set) = 0;
  virtual void visit_natural(std::uint64_t x, Set<std::uint64_t> set) = 0;
  virtual void visit_number(double x, Set<double> set) = 0;
  virtual void visit_numbers(const std::vector<double>& x, Set<std::vector<double>> set) = 0;
  virtual void visit_text(const std::string& text, Set<std::string> set) = 0;
  virtual void visit_names(const std::set<std::string>& names, Set<std::set<std::string>> set) = 0;
  virtual void visit_constant(const std::string& text) = 0;
  virtual void visit_gradient(const std::string& name) = 0;  // of a parameter that has one
  // The array has this shape, if one is given, and may be undefined unless it is required.
  virtual void visit_array(const Array<float>& x, const Shape* shape, bool required, Set<Array<float>> set) = 0;
  virtual void visit_array(const Array<double>& x, const Shape* shape, bool required, Set<Array<double>> set) = 0;
  virtual void visit_array(const IntArray& x, const Shape* shape, bool required, Set<IntArray> set) = 0;

 private:
  template <class Object>
  void visit(Object& object) {
    constexpr bool has_state = requires { object.visit_state(*this); };
    constexpr bool is_model = requires(ParameterVisitor<float> & visitor) { object.visit(visitor); };
    if constexpr (has_state) object.visit_state(*this);
    if constexpr (is_model) visit_parameters(parameters(object));
    if constexpr (!has_state && !is_model) visit_value(object);
  }
  template <std::integral I>
  void visit_value(I& x) {
    const auto set = [&x](auto read) { x = static_cast<I>(read); };
    if constexpr (std::unsigned_integral<I> && sizeof(I) == sizeof(std::uint64_t))
      visit_natural(x, set);
    else
      visit_integer(x, std::numeric_limits<I>::min(), std::numeric_limits<I>::max(), set);
  }
  template <std::floating_point F>
  requires(sizeof(F) <= sizeof(double)) void visit_value(F& x) {
    visit_number(x, [&x](double read) { x = static_cast<F>(read); });
  }
  void visit_value(std::vector<double>& x) {
    visit_numbers(x, [&x](std::vector<double> read) { x = std::move(read); });
  }
  void visit_value(std::string& x) {
    visit_text(x, [&x](std::string read) { x = std::move(read); });
  }
  template <class T>
  void visit_value(Array<T>& x) {
    visit_array(x, nullptr, false, [&x](Array<T> read) { x = std::move(read); });
  }
  template <class T>
  void visit_value(Tensor<T>& x) {
    visit_array(x.value(), nullptr, false, [&x](Array<T> read) { x = std::move(read); });
  }
  template <class T>
  void visit_value(const ParameterList<T>& list) {
    visit_parameters(list);
  }
  template <class T>
  void visit_value(ParameterList<T>& list) {
    visit_parameters(list);
  }
  template <class Object>
  void visit_value(Object&) {
    static_assert(sizeof(Object) == 0,
                  "a field of a training's state is a number, a text, a vector of double, an array, a tensor, "
                  "a Generator, a model or a ParameterList; an object of your own needs a function "
                  "void visit_state(auto& field) { field(\"best\", best); } that lists such fields");
  }
  template <class T>
  void visit_parameters(const ParameterList<T>& list);
  std::size_t enter(std::string_view name);  // returns the length of the path outside

  std::string path_;
};

}  // namespace nn
}  // namespace ebb
