#pragma once

#include <cstdint>

#include "../autograd/base/visibility.hpp"
#include "../autograd/key.hpp"
#include "../autograd/tensor.hpp"

namespace ebb EBB_PUBLIC {

/// Hands out a new key at each call: for initialisation, where the order of calls is fixed. Passed by reference: it
/// cannot be copied, since a copy would hand out the same keys again.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : root_{seed, 0} {}
  Generator(const Generator&) = delete;             // take it by reference: Model(ebb::Generator& generator)
  Generator& operator=(const Generator&) = delete;  // take it by reference: Model(ebb::Generator& generator)
  Generator(Generator&&) = default;
  Generator& operator=(Generator&&) = default;
  /// A key that no other call, and no `Key::child`, gives.
  Key next();
  /// Lists what makes the keys to come, for a training's file (see nn::TrainingState).
  void visit_state(auto& field) { field("seed", root_.seed), field("stream", root_.stream), field("count", count_); }

 private:
  Key root_;
  std::uint64_t count_ = 0;
};

/// Independent numbers, uniform in [low, high); all of them low where that is high. Throws Error if high is less, or if
/// the bounds or their distance are not finite.
template <class T>
Tensor<T> uniform(const Shape& shape, Key key, double low = 0, double high = 1);
/// Independent numbers, normal. Throws Error for a mean or a standard deviation that is not finite.
template <class T>
Tensor<T> normal(const Shape& shape, Key key, double mean = 0, double standard_deviation = 1);
/// Independent integers, uniform in [low, high).
IntArray uniform_integers(const Shape& shape, Key key, std::int32_t low, std::int32_t high);
/// The integers from 0 to n - 1 in random order, each order as likely as any (Fisher & Yates 1938). Throws Error for a
/// negative n.
IntArray permutation(Index n, Key key);

}  // namespace ebb
