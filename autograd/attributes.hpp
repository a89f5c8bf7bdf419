#pragma once

#include <concepts>
#include <cstddef>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#include "base/visibility.hpp"
#include "key.hpp"
#include "storage/array.hpp"
#include "storage/shape.hpp"

namespace ebb EBB_PUBLIC {

/// The value of one attribute of an op, as tools show and store it. std::monostate stands for a value of any other
/// type, which has no text.
using AttributeValue = std::variant<std::monostate, bool, Index, double, Shape, IntArray, Key>;

/// One attribute of an op: its name and its value.
struct Attribute {
  const char* name;
  AttributeValue value;

  /// The value as text: "-1", "true", "0.5", "[0, 2]"; for an IntArray its shape, "of shape [4, 16]".
  std::string text() const;
};

/// A struct of attributes: it lists its fields in a function `visit`, as in the example at `Attributes`.
template <class A>
concept AttributeStruct = requires(A& attributes) {
  A::visit(attributes, [](const char*, auto&) {});
};

/// Everything that a call of an op was given beyond its inputs: axes, a probability, a mask. An op declares a struct of
/// its own for it, and this class holds a value of any such struct, without a memory allocation. It is empty for an op
/// that takes nothing but its inputs.
///
///     struct ShiftAttributes {
///       int axis;
///       ebb::IntArray mask = {};
///       static void visit(auto& self, auto&& field) { field("axis", self.axis), field("mask", self.mask); }
///     };
///
/// The op's public function hands the struct to `apply`; its forward and backward functions read it from the record:
///
///     const auto& [axis, mask] = record.attributes.as<ShiftAttributes>();
///
/// By what `visit` lists, `explain`, the tape's page and bundles show the attributes by name; gdb reads the fields of
/// the struct. A field may be a bool, an integer, a double, a Shape, an IntArray, a Key, or a std::optional of these. A
/// field of another type is kept as well, but not shown.
class Attributes {
 public:
  /// The largest size of a struct of attributes, in bytes.
  static constexpr std::size_t capacity = 80;

  Attributes() = default;
  template <AttributeStruct A>
  Attributes(A attributes) : holds_(true) {
    static_assert(sizeof(Holder<A>) <= sizeof(storage_) && alignof(Holder<A>) <= alignof(Holding),
                  "this struct is larger than Attributes::capacity; put what is large behind a std::shared_ptr");
    static_assert(std::is_nothrow_move_constructible_v<A>, "moving a struct of attributes must not throw");
    new (storage_) Holder<A>(std::move(attributes));
  }
  Attributes(const Attributes& other) : holds_(other.holds_) {
    if (holds_) other.holding().copy_to(storage_);
  }
  Attributes(Attributes&& other) noexcept : holds_(other.holds_) {
    if (holds_) other.holding().move_to(storage_);
  }
  Attributes& operator=(const Attributes& other) { return *this = Attributes(other); }
  Attributes& operator=(Attributes&& other) noexcept {
    if (this == &other) return *this;
    if (holds_) holding().~Holding();
    holds_ = other.holds_;
    if (holds_) other.holding().move_to(storage_);
    return *this;
  }
  ~Attributes() {
    if (holds_) holding().~Holding();
  }

  bool empty() const { return !holds_; }
  /// The attributes as the struct that they were made from. Throws Error for another struct, or if they are empty.
  template <AttributeStruct A>
  const A& as() const {
    const Holding* held = holds_ ? &holding() : nullptr;
    if (held == nullptr || typeid(*held) != typeid(Holder<A>)) reject_type(typeid(A));
    return static_cast<const Holder<A>*>(held)->attributes;
  }

  /// The fields in their order, but for those without a value: an undefined IntArray, an empty std::optional.
  std::vector<Attribute> list() const;
  /// Gives a field another value. Throws Error for a name that no field has, and for a value of another type than the
  /// field's.
  void set(std::string_view name, const AttributeValue& value);
  /// Sets every field that may hold memory, such as an IntArray, to its default. The others keep their values.
  void free_memory() {
    if (holds_) holding().free_memory();
  }

 private:
  /// The functions that any struct of attributes needs. The printers for gdb read Holder by its name.
  class Holding {
   public:
    virtual ~Holding() = default;
    virtual void copy_to(void* place) const = 0;
    virtual void move_to(void* place) noexcept = 0;
    virtual void list(std::vector<Attribute>& list) const = 0;
    virtual void set(std::string_view name, const AttributeValue& value) = 0;
    virtual void free_memory() = 0;
    virtual const std::type_info& type() const = 0;
  };
  template <class A>
  class Holder;
  struct Fields;

  [[noreturn]] void reject_type(const std::type_info& asked) const;
  [[noreturn]] static void reject_value(std::string_view name, bool exists, const std::string& names);
  Holding& holding() { return *std::launder(reinterpret_cast<Holding*>(storage_)); }
  const Holding& holding() const { return *std::launder(reinterpret_cast<const Holding*>(storage_)); }

  alignas(8) std::byte storage_[capacity + sizeof(void*)];  // a Holder<A>, if there is one
  bool holds_ = false;
};

/// Reads and writes single fields, by their types.
struct Attributes::Fields {
  template <class X>
  static std::optional<AttributeValue> value_of(const X& field) {
    if constexpr (std::same_as<X, bool> || std::same_as<X, Shape> || std::same_as<X, Key>)
      return field;
    else if constexpr (std::integral<X>)
      return static_cast<Index>(field);
    else if constexpr (std::floating_point<X>)
      return static_cast<double>(field);
    else if constexpr (std::same_as<X, IntArray>)
      return field.defined() ? std::optional<AttributeValue>(field) : std::nullopt;
    else
      return AttributeValue();
  }
  template <class X>
  static std::optional<AttributeValue> value_of(const std::optional<X>& field) {
    return field ? value_of(*field) : std::nullopt;
  }

  /// Sets the field; false if the value is of another type.
  template <class X>
  static bool set(X& field, const AttributeValue& value) {
    if constexpr (std::same_as<X, bool> || std::same_as<X, Shape> || std::same_as<X, Key> || std::same_as<X, IntArray>)
      return std::holds_alternative<X>(value) && (field = std::get<X>(value), true);
    else if constexpr (std::integral<X>)
      return std::holds_alternative<Index>(value) && std::in_range<X>(std::get<Index>(value)) &&
             (field = static_cast<X>(std::get<Index>(value)), true);
    else if constexpr (std::floating_point<X>)
      return (std::holds_alternative<double>(value) && (field = static_cast<X>(std::get<double>(value)), true)) ||
             (std::holds_alternative<Index>(value) && (field = static_cast<X>(std::get<Index>(value)), true));
    else
      return false;
  }
  template <class X>
  static bool set(std::optional<X>& field, const AttributeValue& value) {
    X given{};
    return set(given, value) && (field = std::move(given), true);
  }

  template <class X>
  static void free_memory(X& field) {
    if constexpr (!std::is_trivially_destructible_v<X>) field = X{};
  }
};

template <class A>
class Attributes::Holder final : public Holding {
 public:
  explicit Holder(A given) : attributes(std::move(given)) {}

  void copy_to(void* place) const override { new (place) Holder(*this); }
  void move_to(void* place) noexcept override { new (place) Holder(std::move(*this)); }
  void list(std::vector<Attribute>& list) const override {
    A::visit(attributes, [&](const char* name, const auto& field) {
      if (const auto value = Fields::value_of(field)) list.push_back({name, *value});
    });
  }
  void set(std::string_view wanted, const AttributeValue& value) override {
    bool exists = false, done = false;
    std::string names;
    A::visit(attributes, [&](const char* name, auto& field) {
      names.append(names.empty() ? "" : ", ").append(name);
      if (name != wanted) return;
      exists = true;
      done = Fields::set(field, value);
    });
    if (!done) reject_value(wanted, exists, names);
  }
  void free_memory() override {
    A::visit(attributes, [](const char*, auto& field) { Fields::free_memory(field); });
  }
  const std::type_info& type() const override { return typeid(A); }

  A attributes;
};

}  // namespace ebb
