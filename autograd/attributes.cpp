#include "attributes.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/type_name.h"

namespace ebb {

namespace {

struct Text {
  std::string operator()(std::monostate) const { return "(not shown)"; }
  std::string operator()(bool x) const { return x ? "true" : "false"; }
  std::string operator()(Index x) const { return std::to_string(x); }
  std::string operator()(double x) const { return fmt::format("{:.6g}", x); }
  std::string operator()(const Shape& x) const { return to_string(x); }
  std::string operator()(const IntArray& x) const { return "of shape " + to_string(x.shape()); }
  std::string operator()(const Key& x) const { return fmt::format("seed {}, stream {}", x.seed, x.stream); }
};

}  // namespace

std::string Attribute::text() const { return std::visit(Text(), value); }

std::vector<Attribute> Attributes::list() const {
  std::vector<Attribute> list;
  if (holds_) holding().list(list);
  return list;
}

void Attributes::set(std::string_view name, const AttributeValue& value) {
  if (!holds_) reject_value(name, false, "none");
  holding().set(name, value);
}

void Attributes::reject_type(const std::type_info& asked) const {
  throw Error(fmt::format("the attributes were read as {}, but they are {}", name_of(asked),
                          holds_ ? "of type " + name_of(holding().type()) : "empty"));
}

void Attributes::reject_value(std::string_view name, bool exists, const std::string& names) {
  if (exists) throw Error(fmt::format("the attribute \"{}\" takes a value of another type", name));
  throw Error(fmt::format("there is no attribute \"{}\"; there are {}", name, names));
}

}  // namespace ebb
