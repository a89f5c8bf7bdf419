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

}  // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  at::set_num_threads(static_cast<int>(arguments("threads", 2)));
  torch::manual_seed(1);
  const std::map<std::string, void (*)(const Arguments&)> works{
      {"train", train}, {"attn", attention}, {"overhead", overhead}, {"mlp", mlp}, {"ops", ops}};
  const auto work = works.find(count > 1 ? values[1] : "");
  if (work == works.end()) {
    std::fprintf(stderr, "usage: bench train|attn|overhead|mlp|ops [key=value ...]\n");
    return 2;
  }
  work->second(arguments);
}
