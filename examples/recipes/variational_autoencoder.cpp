// A variational autoencoder (Kingma & Welling 2014) for points on a ring: the encoder gives each point a normal
// distribution of one hidden number, the decoder a point back, and new points come from hidden numbers at random.

#include <cstdio>
#include <ebb/ebb.hpp>

#include "claim.hpp"

namespace {

using Tensor = ebb::Tensor<float>;
constexpr ebb::Index batch = 128, hidden = 2, width = 32;

struct Autoencoder {
  explicit Autoencoder(ebb::Generator& random)
      : first(2, width, random),
        code(width, 2 * hidden, random),
        second(hidden, width, random),
        point(width, 2, random) {}
  Tensor decode(const Tensor& z) const { return point(tanh(second(z))); }
  void visit(auto& field) const {
    field("first", first), field("code", code), field("second", second), field("point", point);
  }
  ebb::nn::Linear<float> first, code, second, point;
};

/// The bound on the log-likelihood, negated: how far the points come back off, and how far the codes are from N(0, 1).
Tensor loss_of(const Autoencoder& model, const Tensor& x, ebb::Key key) {
  const auto code = split(model.code(tanh(model.first(x))), 2, 1);
  const Tensor &mean_of_code = code[0], &log_variance = code[1];
  const Tensor z = mean_of_code + exp(log_variance / 2) * ebb::normal<float>({batch, hidden}, key);
  const Tensor off = sum(square(model.decode(z) - x), 1) / (2 * 0.005);
  const Tensor divergence = sum(square(mean_of_code) + exp(log_variance) - log_variance - 1, 1) / 2;
  return mean(off + divergence);
}

Tensor ring(ebb::Key key) {
  const Tensor angle = ebb::uniform<float>({batch, 1}, key, 0, 6.2832);
  return ebb::concatenate({cos(angle), sin(angle)}, 1);
}

}  // namespace

int main() {
  ebb::Generator random(1);
  const Autoencoder model(random);
  ebb::nn::AdamW optimizer(model, {.lr = 3e-3});
  for (int step = 1; step <= 4000; ++step) {
    ebb::Tape tape;
    tape.backward(loss_of(model, ring(random.next()), random.next()));
    optimizer.step();
  }
  const Tensor made = model.decode(ebb::normal<float>({1000, hidden}, random.next()));
  const double near = mean(ebb::to_tensor<float>(abs(norm(made, {1}) - 1) < 0.2)).item();
  std::printf("near the ring are %.0f %% of the new points\n", 100 * near);
  claim(near > 0.6,
        "most new points lie near the ring");  // a few fall into its middle, as the middle of all codes does
  claim(max(abs(mean(made, 0))).item() < 0.3, "all around it");
}
