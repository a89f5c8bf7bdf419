#include "attributes.hpp"
#include "take_parameters.hpp"

// Convolutions, pooling, norms of channels, recurrences, and their layers, with the names of the cases in
// convolution_cases.py and recurrent_cases.py.
namespace ebb_test {

namespace {

namespace nn = ebb::nn;
using Json = nlohmann::json;

/// The options of a convolution or of its layer.
template <class Options>
Options window_options(const Json& a) {
  Options options;
  options.stride = shape(a.at("stride"));
  options.padding = shape(a.at("padding"));
  options.dilation = shape(a.at("dilation"));
  options.groups = a.at("groups");
  if constexpr (requires { options.output_padding; })
    if (a.contains("output_padding")) options.output_padding = shape(a.at("output_padding"));
  return options;
}

ebb::PoolOptions pool_options(const Json& a) {
  ebb::PoolOptions options;
  if (a.contains("stride")) options.stride = shape(a.at("stride"));
  if (a.contains("padding")) options.padding = shape(a.at("padding"));
  return options;
}

template <class T, class Layer>
ebb::Tensor<T> window_layer(Leaves<T>& x, const Json& a) {
  static ebb::Generator random(1);
  using Options =
      std::conditional_t<std::is_base_of_v<nn::Convolution<T>, Layer>, nn::ConvOptions, nn::ConvTransposeOptions>;
  const ebb::Shape window = shape(a.at("window"));
  const Options options = window_options<Options>(a);
  if constexpr (std::is_constructible_v<Layer, int, int, ebb::Shape, ebb::Generator&, Options>)
    return call_on_first(Layer(a.at("into"), a.at("out"), window, random, options), x);
  else
    return call_on_first(Layer(a.at("into"), a.at("out"), window[0], random, options), x);
}

template <class T, class Layer>
ebb::Tensor<T> recurrent_layer(Leaves<T>& x, const Json& a) {
  static ebb::Generator random(1);
  return call_on_first(Layer(x[0].extent(-1), a.at("hidden"), random,
                             {.layers = a.at("layers"), .bidirectional = a.at("bidirectional")}),
                       x);
}

template <class T, class Cell>
ebb::Tensor<T> recurrent_cell(Leaves<T>& x, const Json& a) {
  static ebb::Generator random(1);
  const Cell cell(x[0].extent(-1), a.at("hidden"), random);
  take_parameters(cell, x, 1);
  const auto [hidden, c] = cell(x[0]);
  return c.defined() ? concatenate({hidden, c}, -1) : hidden;
}

}  // namespace

template <class T>
std::map<std::string, Function<T>> sequence_and_image_functions() {
  using X = Leaves<T>&;
  using A = const Json&;
  return {
      {"convolution",
       [](X x, A a) {
         const auto options = window_options<ebb::ConvolutionOptions>(a);
         return x.size() == 3 ? convolution(x[0], x[1], x[2], options) : convolution(x[0], x[1], options);
       }},
      {"transposed_convolution",
       [](X x, A a) {
         return transposed_convolution(x[0], x[1], x[2], window_options<ebb::TransposedConvolutionOptions>(a));
       }},
      {"max_pool", [](X x, A a) { return max_pool(x[0], shape(a.at("window")), pool_options(a)); }},
      {"average_pool", [](X x, A a) { return average_pool(x[0], shape(a.at("window")), pool_options(a)); }},
      {"adaptive_max_pool", [](X x, A a) { return adaptive_max_pool(x[0], shape(a.at("extents"))); }},
      {"adaptive_average_pool", [](X x, A a) { return adaptive_average_pool(x[0], shape(a.at("extents"))); }},
      {"batch_norm",
       [](X x, A a) {
         const double epsilon = a.at("epsilon");
         return x.size() == 5 ? batch_norm(x[0], x[1], x[2], x[3], x[4], epsilon)
                              : batch_norm(x[0], x[1], x[2], epsilon);
       }},
      {"group_norm",
       [](X x, A a) { return group_norm(x[0], a.at("groups"), x[1], x[2], a.at("epsilon").template get<double>()); }},
      {"rnn", [](X x, A) { return rnn(x[0], x[1], x[2]); }},
      {"gru", [](X x, A) { return gru(x[0], x[1], x[2], x[3]); }},
      {"lstm",
       [](X x, A) {
         const auto [hidden, cell] = lstm(x[0], x[1], x[2], x[3]);
         return concatenate({hidden, unsqueeze(cell, -2)}, -2);
       }},

      {"BatchNorm",
       [](X x, A) {
         const nn::BatchNorm<T> norm(x[0].extent(-1));
         take_parameters(norm, x, 1);
         return norm.train(x[0]);
       }},
      {"GroupNorm", [](X x, A a) { return call_on_first(nn::GroupNorm<T>(a.at("groups"), x[0].extent(-1)), x); }},
      {"InstanceNorm", [](X x, A) { return call_on_first(nn::InstanceNorm<T>(x[0].extent(-1)), x); }},
      {"Conv1d", window_layer<T, nn::Conv1d<T>>},
      {"Conv2d", window_layer<T, nn::Conv2d<T>>},
      {"ConvTranspose1d", window_layer<T, nn::ConvTranspose1d<T>>},
      {"ConvTranspose2d", window_layer<T, nn::ConvTranspose2d<T>>},
      {"AdaptiveMaxPool", [](X x, A a) { return nn::AdaptiveMaxPool<T>(shape(a.at("extents")))(x[0]); }},
      {"AdaptiveAveragePool", [](X x, A a) { return nn::AdaptiveAveragePool<T>(shape(a.at("extents")))(x[0]); }},
      {"MaxPool", [](X x, A a) { return nn::MaxPool<T>(shape(a.at("window")))(x[0]); }},
      {"AveragePool", [](X x, A a) { return nn::AveragePool<T>(shape(a.at("window")))(x[0]); }},
      {"RNN", recurrent_layer<T, nn::RNN<T>>},
      {"GRU", recurrent_layer<T, nn::GRU<T>>},
      {"LSTM", recurrent_layer<T, nn::LSTM<T>>},
      {"RNNCell", recurrent_cell<T, nn::RNNCell<T>>},
      {"GRUCell", recurrent_cell<T, nn::GRUCell<T>>},
      {"LSTMCell", recurrent_cell<T, nn::LSTMCell<T>>},
  };
}

template std::map<std::string, Function<float>> sequence_and_image_functions();
template std::map<std::string, Function<double>> sequence_and_image_functions();

}  // namespace ebb_test
