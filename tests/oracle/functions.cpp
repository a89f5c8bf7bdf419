#include "attributes.hpp"
#include "take_parameters.hpp"

namespace ebb_test {

namespace {

namespace nn = ebb::nn;
using Json = nlohmann::json;

template <class T>
ebb::AttentionOptions<T> attention_options(const Json& a) {
  ebb::AttentionOptions<T> options{.causal = a.value("causal", false),
                                   .mask = optional_integers(a, "mask"),
                                   .scale = optional_number<double>(a, "scale")};
  if (a.contains("bias"))
    options.bias = {shape(a.at("bias").at("shape")), a.at("bias").at("values").get<std::vector<T>>()};
  return options;
}

template <class T>
std::map<std::string, Function<T>> operations() {
  using X = Leaves<T>&;
  using A = const Json&;
  return {
      {"zeros", [](X, A a) { return ebb::zeros<T>(shape(a.at("shape"))); }},
      {"ones", [](X, A a) { return ebb::ones<T>(shape(a.at("shape"))); }},
      {"full", [](X, A a) { return ebb::full<T>(shape(a.at("shape")), a.at("value")); }},
      {"arange", [](X, A a) { return ebb::arange<T>(a.at("start"), a.at("stop"), a.at("step")); }},
      {"to_tensor", [](X, A a) { return ebb::to_tensor<T>(integers(a.at("integers"))); }},

      {"add", [](X x, A) { return x[0] + x[1]; }},
      {"subtract", [](X x, A) { return x[0] - x[1]; }},
      {"multiply", [](X x, A) { return x[0] * x[1]; }},
      {"divide", [](X x, A) { return x[0] / x[1]; }},
      {"power_tensor", EBB_BINARY(power)},
      {"minimum", EBB_BINARY(minimum)},
      {"maximum", EBB_BINARY(maximum)},
      {"less", [](X x, A) { return ebb::to_tensor<T>(x[0] < x[1]); }},
      {"less_equal", [](X x, A) { return ebb::to_tensor<T>(x[0] <= x[1]); }},
      {"equal", [](X x, A) { return ebb::to_tensor<T>(equal(x[0], x[1])); }},
      {"where", [](X x, A a) { return where(integers(a.at("mask")), x[0], x[1]); }},

      {"negate", [](X x, A) { return -x[0]; }},
      {"square", ONE_INPUT(square)},
      {"exp", ONE_INPUT(exp)},
      {"expm1", ONE_INPUT(expm1)},
      {"log", ONE_INPUT(log)},
      {"log1p", ONE_INPUT(log1p)},
      {"sqrt", ONE_INPUT(sqrt)},
      {"rsqrt", ONE_INPUT(rsqrt)},
      {"abs", ONE_INPUT(abs)},
      {"sin", ONE_INPUT(sin)},
      {"cos", ONE_INPUT(cos)},
      {"tanh", ONE_INPUT(tanh)},
      {"erf", ONE_INPUT(erf)},
      {"sigmoid", ONE_INPUT(sigmoid)},
      {"softplus", ONE_INPUT(softplus)},
      {"relu", ONE_INPUT(relu)},
      {"gelu", ONE_INPUT(gelu)},
      {"gelu_tanh", ONE_INPUT(gelu_tanh)},
      {"silu", ONE_INPUT(silu)},
      {"leaky_relu", [](X x, A a) { return leaky_relu(x[0], a.at("slope")); }},
      {"clamp", [](X x, A a) { return clamp(x[0], a.at("low"), a.at("high")); }},
      {"power", [](X x, A a) { return power(x[0], a.at("exponent").template get<double>()); }},

      {"sum", EBB_REDUCE(sum)},
      {"mean", EBB_REDUCE(mean)},
      {"max", EBB_REDUCE(max)},
      {"min", EBB_REDUCE(min)},
      {"logsumexp", EBB_REDUCE(logsumexp)},
      {"variance",
       [](X x, A a) {
         return variance(x[0], shape(a.at("axes")), {.keep = a.at("keep"), .correction = a.at("correction")});
       }},
      {"argmax", [](X x, A a) { return ebb::to_tensor<T>(argmax(x[0], a.at("axis"))); }},
      {"cumulative_sum", [](X x, A a) { return cumulative_sum(x[0], a.at("axis")); }},

      {"expand", [](X x, A a) { return expand(x[0], shape(a.at("shape"))); }},
      {"sum_to", [](X x, A a) { return sum_to(x[0], shape(a.at("shape"))); }},
      {"reshape", [](X x, A a) { return reshape(x[0], shape(a.at("shape"))); }},
      {"permute", [](X x, A a) { return permute(x[0], shape(a.at("axes"))); }},
      {"transpose", [](X x, A a) { return transpose(x[0], a.at("a"), a.at("b")); }},
      {"squeeze", [](X x, A a) { return a.contains("axes") ? squeeze(x[0], shape(a.at("axes"))) : squeeze(x[0]); }},
      {"unsqueeze", [](X x, A a) { return unsqueeze(x[0], a.at("axis")); }},
      {"slice",
       [](X x, A a) {
         return slice(x[0], a.at("axis"),
                      {.start = optional_number<ebb::Index>(a, "start"),
                       .stop = optional_number<ebb::Index>(a, "stop"),
                       .step = a.at("step")});
       }},
      {"pad", [](X x, A a) { return pad(x[0], a.at("axis"), a.at("before"), a.at("after"), a.at("value")); }},
      {"flip", [](X x, A a) { return flip(x[0], shape(a.at("axes"))); }},
      {"concatenate", [](X x, A a) { return concatenate(x, a.at("axis")); }},
      {"stack", [](X x, A a) { return stack(x, a.at("axis")); }},
      {"split",
       [](X x, A a) {
         Leaves<T> parts = a.contains("parts")
                               ? split(x[0], a.at("parts").template get<ebb::Index>(), a.at("axis"))
                               : split(x[0], a.at("extents").template get<std::vector<ebb::Index>>(), a.at("axis"));
         return concatenate(Leaves<T>(parts.rbegin(), parts.rend()), a.at("axis"));
       }},
      {"split_heads", [](X x, A a) { return split_heads(x[0], a.at("heads")); }},
      {"join_heads", ONE_INPUT(join_heads)},

      {"gather", [](X x, A a) { return gather(x[0], integers(a.at("indices")), a.at("axis")); }},
      {"scatter_add", [](X x, A a) { return scatter_add(x[0], integers(a.at("indices")), x[1], a.at("axis")); }},
      {"take_along_axis", [](X x, A a) { return take_along_axis(x[0], integers(a.at("indices")), a.at("axis")); }},
      {"embedding", [](X x, A a) { return embedding(x[0], integers(a.at("indices"))); }},

      {"matmul",
       [](X x, A a) {
         return matmul(x[0], x[1], {.transpose_a = a.at("transpose_a"), .transpose_b = a.at("transpose_b")});
       }},
      {"linear", [](X x, A) { return x.size() == 3 ? linear(x[0], x[1], x[2]) : linear(x[0], x[1]); }},
      {"softmax",
       [](X x, A a) {
         return a.contains("mask") ? softmax(x[0], integers(a.at("mask")), a.at("axis")) : softmax(x[0], a.at("axis"));
       }},
      {"log_softmax", [](X x, A a) { return log_softmax(x[0], a.at("axis")); }},
      {"layer_norm",
       [](X x, A a) {
         const double epsilon = a.at("epsilon");
         return x.size() == 3 ? layer_norm(x[0], x[1], x[2], epsilon) : layer_norm(x[0], epsilon);
       }},
      {"rms_norm", [](X x, A a) { return rms_norm(x[0], x[1], a.at("epsilon")); }},

      {"cross_entropy",
       [](X x, A a) {
         return cross_entropy(x[0], integers(a.at("labels")),
                              {.ignored_label = optional_number<std::int32_t>(a, "ignored_label"),
                               .label_smoothing = a.at("label_smoothing")});
       }},
      {"binary_cross_entropy_with_logits", EBB_BINARY(binary_cross_entropy_with_logits)},
      {"mean_squared_error", EBB_BINARY(mean_squared_error)},
      {"huber_loss", [](X x, A a) { return huber_loss(x[0], x[1], a.at("delta")); }},

      {"attention_weights", [](X x, A a) { return attention_weights(x[0], x[1], attention_options<T>(a)); }},
      {"scaled_dot_product_attention",
       [](X x, A a) {
         ebb::AttentionOptions<T> options = attention_options<T>(a);
         if (x.size() == 4) options.bias = x[3];
         return scaled_dot_product_attention(x[0], x[1], x[2], options);
       }},
      {"multi_head_attention",
       [](X x, A a) {
         return multi_head_attention(x[0], x[1], x[2], {.heads = a.at("heads"), .key_heads = a.at("key_heads")},
                                     attention_options<T>(a));
       }},
  };
}

nn::Activation activation(const std::string& name) {
  static const std::map<std::string, nn::Activation> all{
      {"identity", nn::Activation::identity},   {"relu", nn::Activation::relu}, {"gelu", nn::Activation::gelu},
      {"gelu_tanh", nn::Activation::gelu_tanh}, {"silu", nn::Activation::silu}, {"tanh", nn::Activation::tanh},
      {"sigmoid", nn::Activation::sigmoid},
  };
  return all.at(name);
}

template <class T>
ebb::Tensor<T> attention_layer(Leaves<T>& x, const Json& a, bool weights) {
  ebb::Generator random(1);
  const nn::MultiHeadAttention<T> layer(x[0].extent(-1), a.at("heads"), random);
  if (weights) x.insert(x.end(), {x[2], x[3], x[4], x[5]});  // value and output, which are not asked for
  take_parameters(layer, x, 2);
  x.resize(weights ? 6 : 10);
  return weights ? layer.attention_weights(x[0], x[1], attention_options<T>(a))
                 : layer(x[0], x[1], attention_options<T>(a));
}

nn::Norm norm(const std::string& name) {
  static const std::map<std::string, nn::Norm> norms{
      {"none", nn::Norm::none}, {"pre", nn::Norm::pre}, {"post", nn::Norm::post}};
  return norms.at(name);
}

template <class T>
ebb::Tensor<T> decoder_block(Leaves<T>& x, const Json& a) {
  ebb::Generator random(1);
  const nn::DecoderBlock<T> block(
      x[0].extent(-1), a.at("heads"), random,
      {.norm = norm(a.at("norm")), .hidden = a.at("hidden"), .activation = activation(a.at("activation"))});
  take_parameters(block, x, 2);
  return block(x[0], x[1], {}, optional_integers(a, "mask"));
}

template <class T>
ebb::Tensor<T> transformer_block(Leaves<T>& x, const Json& a) {
  ebb::Generator random(1);
  const nn::TransformerBlock<T> block(x[0].extent(-1), a.at("heads"), random,
                                      {.causal = a.value("causal", false),
                                       .residual = a.at("residual"),
                                       .norm = norm(a.at("norm")),
                                       .hidden = a.at("hidden"),
                                       .activation = activation(a.at("activation"))});
  take_parameters(block, x, 1);
  return block(x[0], {}, optional_integers(a, "mask"));
}

template <class T>
std::map<std::string, Function<T>> layers() {
  using X = Leaves<T>&;
  using A = const Json&;
  static ebb::Generator random(1);
  return {
      {"Linear", [](X x, A a) { return call_on_first(nn::Linear<T>(x[0].extent(-1), a.at("out"), random), x); }},
      {"LayerNorm", [](X x, A) { return call_on_first(nn::LayerNorm<T>(x[0].extent(-1)), x); }},
      {"RMSNorm", [](X x, A) { return call_on_first(nn::RMSNorm<T>(x[0].extent(-1)), x); }},
      {"FeedForward",
       [](X x, A a) {
         return call_on_first(nn::FeedForward<T>(x[0].extent(-1), a.at("hidden"), random,
                                                 {.activation = activation(a.at("activation"))}),
                              x);
       }},
      {"Residual",
       [](X x, A) {
         const ebb::Index width = x[0].extent(-1);
         return call_on_first(nn::Residual(nn::Linear<T>(width, width, random)), x);
       }},
      {"Sequential",
       [](X x, A a) {
         return call_on_first(
             nn::Sequential(
                 nn::Linear<T>(x[0].extent(-1), a.at("hidden"), random),
                 [](const ebb::Tensor<T>& h) { return tanh(h); }, nn::Linear<T>(a.at("hidden"), a.at("out"), random)),
             x);
       }},
      {"Embedding",
       [](X x, A a) {
         const nn::Embedding<T> layer(x[0].extent(0), x[0].extent(1), random);
         take_parameters(layer, x, 0);
         return layer(integers(a.at("ids")));
       }},
      {"Embedding::logits",
       [](X x, A) {
         const nn::Embedding<T> layer(x[1].extent(0), x[1].extent(1), random);
         take_parameters(layer, x, 1);
         return layer.logits(x[0]);
       }},
      {"LearnedPositions",
       [](X x, A) { return call_on_first(nn::LearnedPositions<T>(x[1].extent(0), x[1].extent(1), random), x); }},
      {"SinusoidalPositions",
       [](X x, A a) { return call_on_first(nn::SinusoidalPositions<T>(a.at("context"), x[0].extent(-1)), x); }},
      {"MultiHeadAttention", [](X x, A a) { return attention_layer(x, a, false); }},
      {"MultiHeadAttention::attention_weights", [](X x, A a) { return attention_layer(x, a, true); }},
      {"TransformerBlock", transformer_block<T>},
      {"DecoderBlock", decoder_block<T>},
  };
}

}  // namespace

template <class T>
const std::map<std::string, Function<T>>& functions() {
  static const std::map<std::string, Function<T>> all = [] {
    auto both = operations<T>();
    both.merge(further_operations<T>());
    both.merge(layers<T>());
    both.merge(sequence_and_image_functions<T>());
    return both;
  }();
  return all;
}

template const std::map<std::string, Function<float>>& functions();
template const std::map<std::string, Function<double>>& functions();

}  // namespace ebb_test
