#include <array>
#include <cmath>

#include "support/check.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

namespace {

/// A convolution over images or sequences, of the shapes that the tests go over.
struct Setting {
  const char* name;
  Shape x, weight;
  ebb::ConvolutionOptions options = {};
};

const std::vector<Setting> settings{
    {"a sequence", {2, 7, 3}, {3, 3, 4}},
    {"one window on one place", {1, 1}, {1, 1, 1}},
    {"no leading axis, a stride with a rest", {8, 2}, {3, 2, 3}, {.stride = 2}},
    {"padding wider than the window's half", {1, 2, 2}, {2, 2, 1}, {.padding = 3}},
    {"dilation", {1, 9, 2}, {3, 2, 2}, {.padding = 1, .dilation = 3}},
    {"an image", {2, 5, 4, 2}, {3, 2, 2, 3}, {.padding = 1}},
    {"two leading axes", {2, 1, 3, 3, 2}, {2, 2, 2, 1}},
    {"an image, all at once",
     {1, 6, 7, 4},
     {2, 3, 2, 6},
     {.stride = {2, 3}, .padding = {1, 2}, .dilation = {2, 1}, .groups = 2}},
    {"a window of one", {2, 3, 2, 3}, {1, 1, 3, 2}},
    {"a window of one with groups", {2, 3, 2, 4}, {1, 1, 2, 4}, {.groups = 2}},
    {"each channel by itself", {2, 4, 5, 3}, {3, 3, 1, 3}, {.stride = 2, .padding = 1, .groups = 3}},
    {"no images", {0, 4, 4, 2}, {3, 3, 2, 2}},
    {"no channels in", {2, 4, 0}, {3, 0, 2}},
    {"no channels out", {2, 4, 2}, {3, 2, 0}},
};

Index at_axis(const Shape& numbers, int axis) { return numbers[numbers.rank() == 1 ? 0 : axis]; }

/// The formula, number by number, for images [n, height, width, in]; a sequence is an image of height 1.
std::vector<double> by_hand(Tensor<double> x, Tensor<double> weight, const ebb::ConvolutionOptions& o) {
  const bool flat = weight.rank() == 3;
  const auto along = [&](const Shape& numbers, int axis, Index flat_height) {
    return flat && axis == 0 ? flat_height : at_axis(numbers, flat ? 0 : axis);
  };
  const Index height = flat ? 1 : x.extent(-3), width = x.extent(-2), in = x.extent(-1), out = weight.extent(-1);
  const Index images = x.size() / std::max<Index>(1, height * width * in);
  x = reshape(x, {x.size() == 0 && in == 0 ? x.extent(0) : images, height, width, in});
  if (flat) weight = unsqueeze(weight, 0);
  std::array<Index, 2> places{};
  for (int i = 0; i < 2; ++i)
    places[to_size(i)] =
        (x.extent(1 + i) + 2 * along(o.padding, i, 0) - along(o.dilation, i, 1) * (weight.extent(i) - 1) - 1) /
            along(o.stride, i, 1) +
        1;
  std::vector<double> y;
  for (Index n = 0; n < x.extent(0); ++n)
    for (Index py = 0; py < places[0]; ++py)
      for (Index px = 0; px < places[1]; ++px)
        for (Index to = 0; to < out; ++to) {
          double sum = 0;
          const Index group = to / (out / o.groups), share = in / o.groups;
          for (Index ky = 0; ky < weight.extent(0); ++ky)
            for (Index kx = 0; kx < weight.extent(1); ++kx)
              for (Index c = 0; c < share; ++c) {
                const Index iy = py * along(o.stride, 0, 1) + ky * along(o.dilation, 0, 1) - along(o.padding, 0, 0);
                const Index ix = px * along(o.stride, 1, 1) + kx * along(o.dilation, 1, 1) - along(o.padding, 1, 0);
                if (iy >= 0 && iy < height && ix >= 0 && ix < width)
                  sum += x.at({n, iy, ix, group * share + c}) * weight.at({ky, kx, c, to});
              }
          y.push_back(sum);
        }
  return y;
}

}  // namespace

TEST_CASE("a convolution of a hand-computed sequence, with padding, stride and a bias") {
  const Tensor<double> x({1, 4, 1}, {1, 2, 3, 4}), w({3, 1, 1}, {1, 10, 100}), bias({1}, {1000});
  CHECK(ebb::convolution(x, w).to_vector() == std::vector<double>{321, 432});
  CHECK(ebb::convolution(x, w, bias, {.padding = 1}).to_vector() == std::vector<double>{1210, 1321, 1432, 1043});
  CHECK(ebb::convolution(x, w, {.stride = 2, .padding = 1}).to_vector() == std::vector<double>{210, 432});
  CHECK(ebb::convolution(x, w, {.padding = 1, .dilation = 2}).to_vector() == std::vector<double>{420, 31});
}

TEST_CASE("a convolution of a hand-computed image with two channels") {
  const Tensor<double> x({1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}), w({2, 1, 2, 1}, {1, 10, 100, 1000});
  const Tensor<double> y = ebb::convolution(x, w);
  CHECK(y.shape() == Shape{1, 1, 2, 1});
  CHECK(y.to_vector() == std::vector<double>{6521, 8743});
}

TEST_CASE("convolutions of all settings are the formula, and do not fail where there is nothing") {
  for (const Setting& s : settings) {
    CAPTURE(s.name);
    const Tensor<double> x = small_sample(s.x, 1), weight = small_sample(s.weight, 2);
    check_values(ebb::convolution(x, weight, s.options), by_hand(x, weight, s.options));
  }
  CHECK(ebb::convolution(ebb::zeros<double>({2, 4, 0}), ebb::zeros<double>({3, 0, 2}), ebb::ones<double>({2}))
            .to_vector() == std::vector<double>(8, 1));
}

TEST_CASE("derivatives of convolutions, to second order") {
  for (const Setting& s : settings) {
    CAPTURE(s.name);
    const Tensor<double> x = small_sample(s.x, 1), weight = small_sample(s.weight, 2),
                         bias = small_sample({s.weight.extent(-1)}, 3);
    check_gradients([&](const Values& v) { return ebb::convolution(v[0], v[1], v[2], s.options); }, {x, weight, bias});
    check_gradients([&](const Values& v) { return ebb::convolution(v[0], v[1], s.options); }, {x, weight});
  }
}

TEST_CASE("a transposed convolution of a hand-computed sequence") {
  const Tensor<double> x({1, 2, 1}, {1, 2}), w({3, 1, 1}, {1, 10, 100}), bias({1}, {1000});
  CHECK(ebb::transposed_convolution(x, w).to_vector() == std::vector<double>{1, 12, 120, 200});
  CHECK(ebb::transposed_convolution(x, w, {.stride = 2}).to_vector() == std::vector<double>{1, 10, 102, 20, 200});
  CHECK(ebb::transposed_convolution(x, w, bias, {.stride = 2, .padding = 1, .output_padding = 1}).to_vector() ==
        std::vector<double>{1010, 1102, 1020, 1200});
}

TEST_CASE("a transposed convolution is the transposed linear map of its convolution") {
  for (const Setting& s : settings) {
    CAPTURE(s.name);
    const ebb::ConvolutionOptions& o = s.options;
    const Tensor<double> x = small_sample(s.x, 1), weight = small_sample(s.weight, 2);
    const Tensor<double> y = small_sample(ebb::convolution(x, weight, o).shape(), 3);
    Shape rest;  // of the places that no window reaches
    const int axes = s.weight.rank() - 2;
    for (int i = 0; i < axes; ++i) {
      const Index span = at_axis(o.dilation, i) * (s.weight[i] - 1) + 1;
      rest.push_back((s.x.extent(i - axes - 1) + 2 * at_axis(o.padding, i) - span) % at_axis(o.stride, i));
    }
    const auto back = ebb::transposed_convolution(
        y, weight,
        {.stride = o.stride, .padding = o.padding, .dilation = o.dilation, .groups = o.groups, .output_padding = rest});
    CHECK(back.shape() == s.x);
    CHECK(sum(back * x).item() == Approx(sum(y * ebb::convolution(x, weight, o)).item()));
  }
}

TEST_CASE("derivatives of transposed convolutions, to second order") {
  const auto check = [](const Shape& x, const Shape& weight, const ebb::TransposedConvolutionOptions& options) {
    const Shape bias{weight.extent(-2) * options.groups};
    check_gradients([&](const Values& v) { return ebb::transposed_convolution(v[0], v[1], v[2], options); },
                    {small_sample(x, 1), small_sample(weight, 2), small_sample(bias, 3)});
    check_gradients([&](const Values& v) { return ebb::transposed_convolution(v[0], v[1], options); },
                    {small_sample(x, 1), small_sample(weight, 2)});
  };
  check({2, 3, 2}, {3, 4, 2}, {.stride = 2, .padding = 1, .output_padding = 1});
  check({1, 1}, {1, 1, 1}, {});
  check({2, 2, 3, 2}, {2, 3, 2, 2}, {.stride = {2, 1}, .padding = {0, 1}, .dilation = {1, 2}});
  check({1, 3, 2, 4}, {2, 2, 3, 4}, {.stride = 2, .groups = 2});
  check({1, 3, 2, 3}, {3, 3, 1, 3}, {.stride = 2, .padding = 1, .groups = 3});
  check({0, 3, 2}, {2, 2, 2}, {});
}

TEST_CASE("convolutions and their derivatives are the same on any number of threads") {
  const auto check = [](const Shape& x0, const Shape& weight0, const ebb::ConvolutionOptions& options) {
    const auto xs = ebb::uniform<float>(x0, ebb::Key{1}, -1, 1), ws = ebb::uniform<float>(weight0, ebb::Key{2}, -1, 1);
    CHECK(same_on_any_number_of_threads([&] { return ebb::convolution(xs, ws, options); }));
    const auto dy = ebb::uniform<float>(ebb::convolution(xs, ws, options).shape(), ebb::Key{3}, -1, 1);
    for (const std::size_t input : {0U, 1U})
      CHECK(same_on_any_number_of_threads([&] {
        ebb::Tape<float> tape;
        const auto x = tape.watch(xs), w = tape.watch(ws);
        return ebb::grad(ebb::convolution(x, w, options), {x, w}, {.cotangent = dy})[input];
      }));
  };
  check({5, 33, 31, 7}, {3, 3, 7, 9}, {.padding = 1});
  check({3, 40, 41, 16}, {3, 3, 1, 16}, {.padding = 1, .groups = 16});
}

TEST_CASE("convolutions over many tiles of places: in float, the numbers of double") {
  const auto run = []<class T>(T) {
    ebb::Tape<T> tape;
    const auto x = tape.watch(ebb::uniform<T>({3, 45, 47, 5}, ebb::Key{1}, -1, 1)),
               w = tape.watch(ebb::uniform<T>({3, 3, 5, 6}, ebb::Key{2}, -1, 1));
    const auto y = ebb::convolution(x, w, {.padding = 1});
    const auto d = ebb::grad(y, {x, w}, {.cotangent = ebb::uniform<T>(y.shape(), ebb::Key{3}, -1, 1)});
    return std::vector{y, d[0], d[1]};
  };
  const auto in_float = run(float{});
  const auto in_double = run(double{});
  const std::vector<double> near{1e-5, 1e-5, 1e-3};
  for (std::size_t k = 0; k < 3; ++k) {
    double largest = 0;
    for (Index i = 0; i < in_double[k].size(); ++i)
      largest = std::max(largest, std::abs(static_cast<double>(in_float[k].data()[i]) - in_double[k].data()[i]));
    CHECK(largest < near[k]);
  }
}

TEST_CASE("convolutions refuse what does not fit, with the shapes and the caller's line") {
  const auto x = ebb::zeros<float>({2, 3, 8, 8}), w = ebb::zeros<float>({3, 3, 3, 4});
  CHECK_ERROR(ebb::convolution(x, w),
              "convolution: x of shape [2, 3, 8, 8] has 8 channels in its last axis, but a weight "
              "[3, 3, 3, 4] of 1 group takes 3 and makes 4 (channels come last",
              "convolution_test.cpp");
  const auto image = ebb::zeros<float>({8, 8, 3});
  CHECK_ERROR(ebb::convolution(image, ebb::zeros<float>({3, 4})), "one or two axes of the window",
              "not the shape [3, 4]");
  CHECK_ERROR(ebb::convolution(ebb::zeros<float>({8, 3}), w),
              "x must have the shape [..., height, width, channels], not [8, 3]");
  CHECK_ERROR(ebb::convolution(image, ebb::zeros<float>({9, 3, 3, 4})),
              "a window of 9 does not fit into the extent 8 of [8, 8, 3], with a padding of 0");
  CHECK_ERROR(ebb::convolution(image, w, {.dilation = 4}), "a window of 3, dilated by 4, does not fit");
  CHECK_ERROR(ebb::convolution(image, w, {.stride = 0}), "convolution: the stride must be at least 1, not [0]");
  CHECK_ERROR(ebb::convolution(image, w, {.padding = -1}), "the padding must be at least 0, not [-1]");
  CHECK_ERROR(ebb::convolution(image, w, {.stride = {1, 2, 3}}), "one number for both axes, or two: {height, width}");
  CHECK_ERROR(ebb::convolution(image, w, {.groups = 0}), "no convolution in 0 groups");
  CHECK_ERROR(ebb::convolution(image, w, {.groups = 3}), "a weight [3, 3, 3, 4] of 3 groups takes 9");
  CHECK_ERROR(ebb::convolution(image, w, ebb::zeros<float>({3})), "the bias must have the shape [4]");
  CHECK_ERROR(ebb::convolution(image, ebb::zeros<float>({0, 3, 3, 4})), "the window has an extent of 0");
  CHECK_ERROR(ebb::transposed_convolution(image, w), "transposed_convolution: x of shape [8, 8, 3] has 3 channels",
              "a weight [3, 3, 3, 4] takes 4");
  const auto y = ebb::zeros<float>({8, 8, 4});
  CHECK_ERROR(ebb::transposed_convolution(y, w, {.output_padding = 1}), "less than the stride of 1, not 1");
  CHECK_ERROR(ebb::transposed_convolution(ebb::zeros<float>({1, 1, 4}), w, {.padding = 2}), "nothing is left of x");
  CHECK_ERROR(ebb::transposed_convolution(y, w, ebb::zeros<float>({4})), "the bias must have the shape [3]");
}
