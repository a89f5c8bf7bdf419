#include <cmath>

#include "cases.hpp"

using namespace ebb_test;

namespace {

/// Tokens [batch, length, heads * width], and attention over them with random weights.
struct Attention {
  int heads = *integers(1, 3);
  ebb::Index width = heads * *integers(1, 3);
  ebb::Index length = *integers(1, 9);
  T x = *tensors({*integers(1, 2), length, width});
  ebb::Generator generator{static_cast<std::uint64_t>(*integers(0, 1 << 30))};
  ebb::nn::MultiHeadAttention<double> layer{width, heads, generator};
};

T rows(const T& x, const std::vector<std::int32_t>& order) {
  return gather(x, IntArray({static_cast<ebb::Index>(order.size())}, order), -2);
}

/// A mask that broadcasts to this shape, of zeros and ones.
IntArray drawn_mask(const Shape& shape) { return *tensors(*broadcasting_to(shape)) < 0.3; }

}  // namespace

TEST_CASE("self-attention of permuted tokens is permuted self-attention, and so is its derivative") {
  check_property([] {
    const Attention attention;
    const auto order = *orders(attention.length);
    const T u = *tensors(attention.x.shape());
    Tape<double> tape;
    const T x = tape.watch(attention.x), permuted = tape.watch(rows(attention.x, order));
    const T y = attention.layer(x), y_permuted = attention.layer(permuted);
    RC_ASSERT(close(y_permuted, rows(y, order), 1e-12));
    RC_ASSERT(close(grad(y_permuted, permuted, {.cotangent = rows(u, order)}),
                    rows(grad(y, x, {.cotangent = u}), order), 1e-12));
  });
}

TEST_CASE("the order of the memory does not matter to cross-attention") {
  check_property([] {
    const Attention attention;
    const ebb::Index keys = *integers(1, 9);
    const T memory = *tensors({attention.x.extent(0), keys, attention.width});
    RC_ASSERT(
        close(attention.layer(attention.x, rows(memory, *orders(keys))), attention.layer(attention.x, memory), 1e-12));
  });
}

TEST_CASE("causal attention sees no later token, and sends no gradient to one") {
  check_property([] {
    const Attention attention;
    const ebb::Index at = *integers(0, static_cast<int>(attention.length) - 1);
    const T others = *tensors({attention.x.extent(0), attention.length - at - 1, attention.width}, -100, 100);
    Tape<double> tape;
    const T x = tape.watch(attention.x);
    const T changed = ebb::concatenate<double>({slice(attention.x, 1, {.stop = at + 1}), others}, 1);
    const T y = slice(attention.layer(x, {.causal = true}), 1, {.stop = at + 1});
    RC_ASSERT(y.to_vector() == slice(attention.layer(changed, {.causal = true}), 1, {.stop = at + 1}).to_vector());
    const T later = slice(grad(sum(y), x), 1, {.start = at + 1});
    RC_ASSERT(later.to_vector() == std::vector<double>(ebb::to_size(later.size())));
  });
}

TEST_CASE("layer norm undoes a shift, and a scale but for its sign") {
  check_property([] {
    const T x = *tensors(*shapes(1, 3));
    const double scale = *numbers(0.25, 4), shift = *numbers(-4, 4), sign = *rc::gen::element(-1, 1);
    // With epsilon scaled along there is nothing left to round off.
    const T scaled = layer_norm(sign * scale * x + shift, 1e-4 * scale * scale);
    RC_ASSERT(close(scaled, sign * layer_norm(x, 1e-4), 1e-11));
  });
}

TEST_CASE("RMS norm undoes a scale but for its sign") {
  check_property([] {
    const T x = *tensors(*shapes(1, 3));
    const T gain = *tensors({x.extent(-1)});
    const double scale = *numbers(0.25, 4), sign = *rc::gen::element(-1, 1);
    RC_ASSERT(close(rms_norm(sign * scale * x, gain, 1e-4 * scale * scale), sign * rms_norm(x, gain, 1e-4), 1e-11));
  });
}

TEST_CASE("softmax undoes a shift of its axis, and so does log_softmax") {
  check_property([] {
    const T x = *tensors(*shapes(1, 3), -4, 4);
    const int axis = *integers(-x.rank(), x.rank() - 1);
    const T shift = *tensors(x.shape().with(axis, 1), -100, 100);
    const IntArray mask = drawn_mask(x.shape());
    RC_ASSERT(close(softmax(x + shift, axis), softmax(x, axis), 1e-12));
    RC_ASSERT(close(softmax(x + shift, mask, axis), softmax(x, mask, axis), 1e-12));
    RC_ASSERT(close(log_softmax(x + shift, axis), log_softmax(x, axis), 1e-12));
  });
}

TEST_CASE("softmax sums to 1, its gradient to 0, and nothing is where the mask is 0") {
  check_property([] {
    Tape<double> tape;
    const T x = tape.watch(*tensors(*shapes(1, 3), -40, 40));
    const int axis = *integers(-x.rank(), x.rank() - 1);
    const T mask = expand(ebb::to_tensor<double>(drawn_mask(x.shape())), x.shape());
    const T u = *tensors(x.shape());
    const Shape rest = x.shape().without(axis);

    const T y = softmax(x, axis);
    RC_ASSERT(close(sum(y, axis), ebb::ones<double>(rest), 1e-12));
    RC_ASSERT(close(sum(grad(y, x, {.cotangent = u}), axis), ebb::zeros<double>(rest), 1e-12));

    const T masked = softmax(x, mask > 0, axis);
    RC_ASSERT(close(sum(masked, axis), max(mask, {axis}), 1e-12));  // 0 where all is masked
    RC_ASSERT((masked * (1 - mask)).to_vector() == std::vector<double>(ebb::to_size(x.size())));
    RC_ASSERT(close(sum(grad(masked, x, {.cotangent = u}), axis), ebb::zeros<double>(rest), 1e-12));
  });
}
