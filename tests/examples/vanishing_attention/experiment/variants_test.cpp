#include <experiment/variants.hpp>

#include "support/check.hpp"

using namespace ebb_test;
using namespace vanishing_attention;

TEST_CASE("the variants are those that the showcase promises, each with a name of its own") {
  std::vector<std::string> names;
  for (const Variant& each : all_variants()) {
    names.push_back(each.name);
    CHECK(&find_variant(each.name) == &each);
    CHECK_FALSE(each.description.empty());
  }
  CHECK(names == std::vector<std::string>{"bare", "residual", "norm", "pre-norm", "post-norm", "bare+clip-norm",
                                          "bare+clip-value", "residual+clip-norm", "residual+clip-value"});
}

TEST_CASE("a variant differs from its base by clipping alone") {
  int clipping = 0;
  for (const Variant& each : all_variants()) {
    CHECK((each.clip.kind == nn::Clip::Kind::none) == each.base.empty());
    if (each.base.empty()) continue;
    ++clipping;
    const Variant& base = find_variant(each.base);
    CHECK(each.residual == base.residual);
    CHECK(each.norm == base.norm);
  }
  CHECK(clipping == 4);
}

TEST_CASE("an unknown variant is refused, and the known ones are listed") {
  CHECK_EXCEPTION(find_variant("prenorm"), "there is no variant 'prenorm'; there is bare, residual, ");
  for (const Variant& each : all_variants()) CHECK_EXCEPTION(find_variant("prenorm"), each.name);
}
