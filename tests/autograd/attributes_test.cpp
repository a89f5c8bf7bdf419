#include <cstdint>
#include <ebb/ebb.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "support/check.hpp"

using namespace ebb_test;

namespace {

struct Plain {
  bool keep = true;
  int axis = -1;
  double epsilon = 0.5;
  Shape shape = {2, 3};
  static void visit(auto& self, auto&& field) {
    field("keep", self.keep), field("axis", self.axis), field("epsilon", self.epsilon), field("shape", self.shape);
  }
};

struct Masked {
  IntArray mask = {};
  ebb::Key key = {};
  std::optional<std::int32_t> label = {};
  static void visit(auto& self, auto&& field) {
    field("mask", self.mask), field("key", self.key), field("label", self.label);
  }
};

struct Opaque {
  std::shared_ptr<int> number;
  static void visit(auto& self, auto&& field) { field("number", self.number); }
};

/// "axis -1, keep true"
std::string text_of(const Attributes& attributes) {
  std::string text;
  for (const ebb::Attribute& each : attributes.list())
    text += (text.empty() ? "" : ", ") + std::string(each.name) + " " + each.text();
  return text;
}

}  // namespace

TEST_CASE("attributes are read as the struct that they were made from") {
  const Attributes attributes = Plain{.axis = 2};
  const auto& [keep, axis, epsilon, shape] = attributes.as<Plain>();
  CHECK(keep);
  CHECK(axis == 2);
  CHECK(epsilon == 0.5);
  CHECK(shape == Shape{2, 3});
  CHECK_FALSE(attributes.empty());
  CHECK(Attributes().empty());
}

TEST_CASE("attributes that are read as another struct are refused, with both types") {
  CHECK_ERROR(Attributes(Plain()).as<Masked>(), "Masked, but they are of type ", "Plain");
  CHECK_ERROR(Attributes().as<Plain>(), "Plain, but they are empty");
}

TEST_CASE("attributes list their fields by name, but for those without a value") {
  CHECK(text_of(Plain()) == "keep true, axis -1, epsilon 0.5, shape [2, 3]");
  CHECK(text_of(Masked()) == "key seed 0, stream 0");
  CHECK(text_of(Masked{IntArray({2, 2}, 1), {7, 8}, 3}) == "mask of shape [2, 2], key seed 7, stream 8, label 3");
  CHECK(text_of(Opaque{std::make_shared<int>(1)}) == "number (not shown)");
  CHECK(text_of(Attributes()) == "");
}

TEST_CASE("an attribute is set by its name, to a value of its type") {
  Attributes attributes = Plain();
  attributes.set("keep", false);
  attributes.set("axis", 0);
  attributes.set("epsilon", 2);
  attributes.set("shape", Shape{4});
  CHECK(text_of(attributes) == "keep false, axis 0, epsilon 2, shape [4]");
  Attributes masked = Masked();
  masked.set("label", -1);
  masked.set("mask", IntArray({3}, 1));
  masked.set("key", ebb::Key{1, 2});
  CHECK(text_of(masked) == "mask of shape [3], key seed 1, stream 2, label -1");

  CHECK_ERROR(attributes.set("axes", 0), "there is no attribute \"axes\"; there are keep, axis, epsilon, shape");
  CHECK_ERROR(attributes.set("axis", 0.5), "\"axis\" takes a value of another type");
  CHECK_ERROR(attributes.set("axis", std::int64_t{1} << 40), "another type");
  CHECK_ERROR(Attributes().set("axis", 0), "there is no attribute \"axis\"; there are none");
  CHECK_ERROR(Attributes(Opaque()).set("number", 1), "another type");
}

TEST_CASE("copies of attributes are independent, and a move leaves one holder") {
  const auto number = std::make_shared<int>(1);
  {
    Attributes a = Opaque{number};
    CHECK(number.use_count() == 2);
    Attributes b = a;
    CHECK(number.use_count() == 3);
    Attributes c = std::move(a);
    CHECK(number.use_count() == 3);
    b = Plain();
    CHECK(number.use_count() == 2);
    b = std::move(c);
    c = Attributes();
    CHECK(number.use_count() == 2);
    CHECK(b.as<Opaque>().number == number);
  }
  CHECK(number.use_count() == 1);
}

TEST_CASE("attributes free the memory that they hold, and keep the rest") {
  const IntArray mask({4}, 1);
  const auto number = std::make_shared<int>(1);
  Attributes masked = Masked{mask, {7, 8}, 3}, opaque = Opaque{number};
  CHECK_FALSE(mask.sole_owner());
  masked.free_memory();
  opaque.free_memory();
  CHECK(mask.sole_owner());
  CHECK(number.use_count() == 1);
  CHECK(text_of(masked) == "key seed 7, stream 8, label 3");
}
