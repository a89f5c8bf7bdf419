// The works of ../works.hpp in libtorch: the same arguments, the same lines.
#include <torch/torch.h>
#include <torch/version.h>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace {

using torch::Tensor;
namespace F = torch::nn::functional;

class Arguments {
 public:
  Arguments(int count, char** values) {
    for (int i = 2; i < count; ++i) {
      const std::string argument = values[i];
      const auto equals = argument.find('=');
      if (equals != std::string::npos) values_[argument.substr(0, equals)] = std::atol(argument.c_str() + equals + 1);
    }
  }
  long operator()(const char* name, long usual) const {
    const auto found = values_.find(name);
    return found != values_.end() ? found->second : usual;
  }

 private:
  std::map<std::string, long> values_;
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double median(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

long peak_memory_mb() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void begin_line(const char* work) { std::printf("{\"peer\":\"libtorch %s\",\"work\":\"%s\"", TORCH_VERSION, work); }

Tensor causal_attention(const Tensor& q, const Tensor& k, const Tensor& v) {
#if TORCH_VERSION_MAJOR >= 2
  return at::scaled_dot_product_attention(q, k, v, {}, 0.0, true);
#else
  const auto future = torch::ones({q.size(2), q.size(2)}, torch::kBool).triu(1);
  const auto scores = torch::matmul(q, k.transpose(-2, -1)) / std::sqrt(static_cast<double>(q.size(3)));
  return torch::matmul(torch::softmax(scores.masked_fill(future, -INFINITY), -1), v);
#endif
}

struct BlockImpl : torch::nn::Module {
  BlockImpl(long width, long head_count)
      : attention_norm(register_module("attention_norm", norm_of(width))),
        feed_norm(register_module("feed_norm", norm_of(width))),
        projections(register_module("projections", torch::nn::Linear(width, 3 * width))),
        output(register_module("output", torch::nn::Linear(width, width))),
        up(register_module("up", torch::nn::Linear(width, 4 * width))),
        down(register_module("down", torch::nn::Linear(4 * width, width))),
        heads(head_count) {}
  static torch::nn::LayerNorm norm_of(long width) { return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})); }

  Tensor forward(const Tensor& x) {
    const long batch = x.size(0), length = x.size(1), width = x.size(2);
    const auto parts =
        projections(attention_norm(x)).view({batch, length, 3, heads, width / heads}).permute({2, 0, 3, 1, 4});
    const auto attended =
        causal_attention(parts[0], parts[1], parts[2]).transpose(1, 2).reshape({batch, length, width});
    const auto h = x + output(attended);
    return h + down(at::gelu(up(feed_norm(h)), "tanh"));
  }

  torch::nn::LayerNorm attention_norm, feed_norm;
  torch::nn::Linear projections, output, up, down;
  long heads;
};
TORCH_MODULE(Block);

struct DecoderImpl : torch::nn::Module {
  DecoderImpl(long symbols, long context, long width, long heads, long depth)
      : tokens(register_module("tokens", torch::nn::Embedding(symbols, width))),
        positions(register_module("positions", torch::nn::Embedding(context, width))),
        blocks(register_module("blocks", torch::nn::Sequential())),
        norm(register_module("norm", BlockImpl::norm_of(width))),
        head(register_module("head", torch::nn::Linear(torch::nn::LinearOptions(width, symbols).bias(false)))) {
    for (long i = 0; i < depth; ++i) blocks->push_back(Block(width, heads));
  }
  Tensor forward(const Tensor& ids) {
    return head(norm(blocks->forward(tokens(ids) + positions(torch::arange(ids.size(1))))));
  }

  torch::nn::Embedding tokens, positions;
  torch::nn::Sequential blocks;
  torch::nn::LayerNorm norm;
  torch::nn::Linear head;
};
TORCH_MODULE(Decoder);

void train(const Arguments& a) {
  const long L = a("L", 6), D = a("D", 384), H = a("H", 6), T = a("T", 256), B = a("B", 8), V = a("V", 256);
  const long steps = a("steps", 12), warm = a("warm", 3);
  Decoder model(V, T, D, H, L);
  torch::optim::AdamW optimizer(model->parameters(),
                                torch::optim::AdamWOptions(3e-4).weight_decay(0.1).betas({0.9, 0.95}));
  std::vector<double> seconds;
  double last_loss = 0;
  for (long step = 0; step < warm + steps; ++step) {
    const auto x = torch::randint(V, {B, T}), y = torch::randint(V, {B, T});
    const double start = now();
    optimizer.zero_grad();
    const auto loss = F::cross_entropy(model(x).view({B * T, V}), y.view({B * T}));
    loss.backward();
    torch::nn::utils::clip_grad_norm_(model->parameters(), 1.0);
    optimizer.step();
    last_loss = loss.item<float>();
    if (step >= warm) seconds.push_back(now() - start);
  }
  begin_line("train");
  std::printf(
      ",\"L\":%ld,\"D\":%ld,\"H\":%ld,\"T\":%ld,\"B\":%ld,\"ms\":%.2f,\"tok_s\":%.0f,\"rss_mb\":%ld,\"loss\":%.4f}\n",
      L, D, H, T, B, median(seconds) * 1e3, static_cast<double>(B * T) / median(seconds), peak_memory_mb(), last_loss);
}

void attention(const Arguments& a) {
  const long T = a("T", 1024), B = a("B", 1), H = a("H", 8), d = a("d", 64), steps = a("steps", 5);
  const auto random = [&] { return torch::randn({B, H, T, d}); };
  const auto q = random().requires_grad_(), k = random().requires_grad_(), v = random().requires_grad_();
  const auto cotangent = random();
  std::vector<double> both, forward;
  for (long step = 0; step < steps + 1; ++step) {
    const double start = now();
    const auto y = causal_attention(q, k, v);
    const double middle = now();
    y.backward(cotangent);
    const double end = now();
    for (const auto& x : {q, k, v}) x.mutable_grad() = Tensor();
    if (step == 0) continue;
    both.push_back(end - start);
    forward.push_back(middle - start);
  }
  begin_line("attn");
  std::printf(",\"T\":%ld,\"ms\":%.2f,\"fwd_ms\":%.2f,\"rss_mb\":%ld}\n", T, median(both) * 1e3, median(forward) * 1e3,
              peak_memory_mb());
}

void overhead(const Arguments& a) {
  const long N = a("N", 1000), n = a("n", 1), steps = a("steps", 30);
  const auto scale = torch::full({n}, 0.9).requires_grad_(), shift = torch::full({n}, 0.1).requires_grad_();
  std::vector<double> forward, backward;
  const double operations = 3 * static_cast<double>(N);
  for (long step = 0; step < steps; ++step) {
    const double start = now();
    Tensor x = scale;
    for (long i = 0; i < N; ++i) x = torch::tanh(x * scale + shift);
    const auto y = x.sum();
    const double middle = now();
    y.backward();
    const double end = now();
    scale.mutable_grad() = Tensor();
    shift.mutable_grad() = Tensor();
    forward.push_back((middle - start) / operations);
    backward.push_back((end - middle) / operations);
  }
  begin_line("overhead");
  std::printf(",\"n\":%ld,\"fwd_ns_op\":%.0f,\"bwd_ns_op\":%.0f}\n", n, median(forward) * 1e9, median(backward) * 1e9);
}

void mlp(const Arguments& a) {
  torch::nn::Sequential network(torch::nn::Linear(2, 16), torch::nn::ReLU(), torch::nn::Linear(16, 16),
                                torch::nn::ReLU(), torch::nn::Linear(16, 1));
  torch::optim::SGD optimizer(network->parameters(), 0.05);
  const auto x = torch::randn({100, 2}), y = torch::randn({100, 1});
  const long steps = a("steps", 2000);
  const double start = now();
  for (long step = 0; step < steps; ++step) {
    optimizer.zero_grad();
    torch::mse_loss(network->forward(x), y).backward();
    optimizer.step();
  }
  begin_line("mlp");
  std::printf(",\"us_step\":%.1f}\n", (now() - start) / static_cast<double>(steps) * 1e6);
}

void ops(const Arguments& a) {
  const long N = a("N", 2048), D = a("D", 768), steps = a("steps", 30);
  const auto x = torch::randn({N, D}).requires_grad_(), weight = torch::randn({D, D}).requires_grad_();
  const auto gain = torch::ones({D}).requires_grad_(), bias = torch::zeros({D}).requires_grad_();
  const auto cotangent = torch::randn({N, D});
  const auto measure = [&](const char* name, const std::function<Tensor()>& operation) {
    std::vector<double> seconds;
    for (long step = 0; step < steps; ++step) {
      for (const auto& leaf : {x, weight, gain, bias}) leaf.mutable_grad() = Tensor();
      const double start = now();
      operation().backward(cotangent);
      seconds.push_back(now() - start);
    }
    begin_line("op");
    std::printf(",\"op\":\"%s\",\"N\":%ld,\"D\":%ld,\"us\":%.1f}\n", name, N, D, median(seconds) * 1e6);
  };
  measure("softmax", [&] { return torch::softmax(x, -1); });
  measure("layer_norm", [&] { return torch::layer_norm(x, {D}, gain, bias); });
  measure("gelu", [&] { return at::gelu(x, "tanh"); });
  measure("tanh", [&] { return torch::tanh(x); });
  measure("add", [&] { return x + x; });
  measure("mul", [&] { return x * x; });
  measure("matmul", [&] { return torch::matmul(x, weight); });
}

/// Prints the medians of a layer forward, and forward and backward, with gradients for all leaves.
void measure_layer(const char* work, const char* name, long steps, const std::vector<Tensor>& leaves,
                   const std::function<Tensor()>& layer) {
  const auto cotangent = torch::randn_like(layer());
  std::vector<double> both, forward;
  for (long step = 0; step < steps + 1; ++step) {
    for (const auto& leaf : leaves) leaf.mutable_grad() = Tensor();
    const double start = now();
    const auto y = layer();
    const double middle = now();
    y.backward(cotangent);
    if (step == 0) continue;
    both.push_back(now() - start);
    forward.push_back(middle - start);
  }
  begin_line(work);
  std::printf(",\"name\":\"%s\",\"ms\":%.3f,\"fwd_ms\":%.3f}\n", name, median(both) * 1e3, median(forward) * 1e3);
}

void convolution(const Arguments& a) {
  const long B = a("B", 16), S = a("S", 32), C = a("C", 64), steps = a("steps", 10);
  const auto random = [](at::IntArrayRef shape) { return (torch::randn(shape) * 0.1).detach().requires_grad_(); };
  const auto images = random({B, C, S, S}), bias = random({C}), gain = random({C});
  const auto run = [&](const char* name, const Tensor& x, const Tensor& weight, long stride, long padding,
                       long groups) {
    measure_layer("convolution", name, steps, {x, weight, bias},
                  [&] { return torch::conv2d(x, weight, bias, stride, padding, 1, groups); });
  };
  const auto weight = random({C, C, 3, 3});
  run("3x3", images, weight, 1, 1, 1);
  run("3x3, stride 2", images, weight, 2, 1, 1);
  run("1x1", images, random({C, C, 1, 1}), 1, 0, 1);
  run("7x7 of 3 channels, stride 2", random({B, 3, 2 * S, 2 * S}), random({C, 3, 7, 7}), 2, 3, 1);
  run("3x3, each channel by itself", images, random({C, 1, 3, 3}), 1, 1, C);
  measure_layer("convolution", "max_pool 2x2", steps, {images}, [&] { return torch::max_pool2d(images, 2); });
  measure_layer("convolution", "batch_norm", steps, {images, gain, bias},
                [&] { return torch::batch_norm(images, gain, bias, {}, {}, true, 0.1, 1e-5, false); });
}

template <class Layer, class Options>
void recurrent_layer(const char* name, const Arguments& a) {
  const long D = a("D", 256);
  Layer layer(Options(D, a("H", 256)).batch_first(true));
  const auto x = torch::randn({a("B", 32), a("T", 64), D}).requires_grad_();
  std::vector<Tensor> leaves = layer->parameters();
  leaves.push_back(x);
  measure_layer("recurrence", name, a("steps", 5), leaves, [&] { return std::get<0>(layer->forward(x)); });
}

void recurrence(const Arguments& a) {
  recurrent_layer<torch::nn::RNN, torch::nn::RNNOptions>("RNN", a);
  recurrent_layer<torch::nn::GRU, torch::nn::GRUOptions>("GRU", a);
  recurrent_layer<torch::nn::LSTM, torch::nn::LSTMOptions>("LSTM", a);
}

}  // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  at::set_num_threads(static_cast<int>(arguments("threads", 2)));
  torch::manual_seed(1);
  const std::map<std::string, void (*)(const Arguments&)> works{
      {"train", train}, {"attn", attention},          {"overhead", overhead},    {"mlp", mlp},
      {"ops", ops},     {"convolution", convolution}, {"recurrence", recurrence}};
  const auto work = works.find(count > 1 ? values[1] : "");
  if (work == works.end()) {
    std::fprintf(stderr, "usage: bench train|attn|overhead|mlp|ops|convolution|recurrence [key=value ...]\n");
    return 2;
  }
  work->second(arguments);
}
