#include "text.hpp"

#include <doctest/doctest.h>

using step::Line;
using step::Tensor;
using Rows = std::vector<std::string>;

TEST_CASE("text is cut or padded to a width") {
  CHECK(to_text(step::fitted(Line{{"abcdef"}}, 5), false) == "ab...");
  CHECK(to_text(step::fitted(Line{{"abc"}, {"def"}, {"ghi"}}, 6), false) == "abc...");
  CHECK(to_text(step::fitted(Line{{"abcdef"}}, 6), false) == "abcdef");
  CHECK(to_text(step::fitted(Line{{"abcdef"}}, 2), false) == "..");
  CHECK(step::width_of(step::fitted(Line{{"abc"}}, 7)) == 7);
  CHECK(step::width_of(step::fitted(Line{}, 0)) == 0);
}

TEST_CASE("words are wrapped at spaces, and where there is none, anywhere") {
  CHECK(step::wrap("one two three", 7) == Rows{"one two", "three"});
  CHECK(step::wrap("one two three", 8, 2) == Rows{"one two", "  three"});
  CHECK(step::wrap("abcdefgh", 3) == Rows{"abc", "def", "gh"});
  CHECK(step::wrap("  indented text", 10) == Rows{"  indented", "text"});
  CHECK(step::wrap("", 10) == Rows{""});
  CHECK(step::wrap("abc", 1, 2) == Rows{"a", "b", "c"});
  CHECK(step::wrap("abc", 0) == Rows{"a", "b", "c"});
}

TEST_CASE("the rows of a tensor stand in columns") {
  CHECK(step::rows_of(Tensor({}, {-2.58385})) == Rows{"-2.5838"});
  CHECK(step::rows_of(Tensor({}, {3})) == Rows{" 3"});
  CHECK(step::rows_of(Tensor({2, 2}, {1, -20, 3, 4})) == Rows{"  1 -20", "  3   4"});
  CHECK(step::rows_of(Tensor({2}, {0.5, -12})) == Rows{"  0.50 -12.00"});
  CHECK(step::rows_of(Tensor({2}, {1.5e-7, 0})) == Rows{" 1.500e-07  0.000e+00"});
  CHECK(step::rows_of(Tensor({2}, {-0.0, 0.5})) == Rows{" 0.0000  0.5000"});
  CHECK(step::rows_of(Tensor({0, 3}, {})).empty());
}

TEST_CASE("the nearest word is that with the fewest changes, if it is near at all") {
  const Rows words{"formula", "neuron", "softmax"};
  CHECK(step::nearest("softmx", words) == "softmax");
  CHECK(step::nearest("neurno", words) == "neuron");
  CHECK(step::nearest("qqqqqq", words).empty());
}
