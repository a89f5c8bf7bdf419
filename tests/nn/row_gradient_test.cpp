#include "support/parameters.hpp"
#include "support/samples.hpp"

using namespace ebb_test;

// The gradients of tables of which few rows were looked up.

namespace {

constexpr Index rows = 100, width = 3;

Parameter<double> table() { return Parameter<double>(ebb::normal<double>({rows, width}, ebb::Key(1)), "table"); }

/// A loss of which row 7 is a part twice, in two uses.
Tensor<double> loss_of(const Parameter<double>& w) {
  const Tensor<double> first = ebb::embedding(w, IntArray{7, 3, 7}), second = ebb::gather(w, IntArray{99, 7}, 0);
  return sum(first * first * first) + 2 * sum(second * second);
}

/// The same, by ways on which no part of the gradient is kept apart.
Tensor<double> whole_loss_of(const Parameter<double>& w) { return loss_of(w) + 0 * sum(w); }

/// One backward walk of each loss of its parameter, on tapes of their own.
void walk_both(const Parameter<double>& w, const Parameter<double>& same) {
  {
    Tape<double> tape;
    tape.backward(loss_of(w));
  }
  Tape<double> tape;
  tape.backward(whole_loss_of(same));
}

}  // namespace

TEST_CASE("a table of which few rows were looked up has a gradient of these rows alone") {
  const Parameter<double> w = table(), same = w.clone();
  walk_both(w, same);
  CHECK(w.state().rows.to_vector() == std::vector<std::int32_t>{3, 7, 99});
  CHECK(w.state().gradient.shape() == Shape{3, width});
  CHECK(!same.state().rows.defined());
  CHECK(w.gradient().shape() == Shape{rows, width});
  CHECK(w.gradient().to_vector() == same.gradient().to_vector());
}

TEST_CASE("gradients of rows add up over walks, with each other and with whole ones") {
  const Parameter<double> w = table(), same = w.clone();
  for (int round = 0; round < 3; ++round) {
    {
      Tape<double> tape;
      tape.backward(whole_loss_of(same));
    }
    Tape<double> tape;
    tape.backward(round == 2 ? whole_loss_of(w) : loss_of(w));
    CHECK(w.state().rows.defined() == (round < 2));
    CHECK(max(abs(w.gradient() - same.gradient())).item() < 1e-15);
  }
  Parameter<double> handle = w.shared();
  handle.clear_gradient();
  CHECK(!w.gradient().defined());
  CHECK(!w.state().rows.defined());
}

TEST_CASE("the gradient is whole where many rows were looked up, where a hook or an observer looks on, and for grad") {
  const Parameter<double> w = table();
  const IntArray many = ebb::to_integers(ebb::arange<double>(0, 30));
  {
    Tape<double> tape;
    tape.backward(sum(ebb::embedding(w, many)));
    CHECK(!w.state().rows.defined());
  }
  w.shared().clear_gradient();
  {
    Tape<double> tape;
    Shape seen;
    tape.hook(w, [&](const Tensor<double>& gradient) { seen = gradient.shape(); });
    tape.backward(loss_of(w));
    CHECK(seen == w.shape());
    CHECK(!w.state().rows.defined());
  }
  const auto expected = w.gradient().to_vector();
  w.shared().clear_gradient();
  {
    Tape<double> tape({.keep_all = true});
    const Tensor<double> loss = loss_of(w);
    tape.backward(loss, {.keep = true});
    CHECK(!w.state().rows.defined());
    CHECK(w.gradient().to_vector() == expected);
    CHECK(grad(loss, w).to_vector() == expected);
    CHECK(grad(loss, w, {.create_graph = true}).to_vector() == expected);
  }
}

TEST_CASE("a tied head makes the gradient of the table whole, in either order") {
  const Parameter<double> w = table(), same = w.clone();
  const Tensor<double> x = ebb::normal<double>({2, width}, ebb::Key(2));
  {
    Tape<double> tape;
    tape.backward(loss_of(w) + sum(square(matmul(x, w, {.transpose_b = true}))));
  }
  {
    Tape<double> tape;
    tape.backward(sum(square(matmul(x, same, {.transpose_b = true}))) + loss_of(same));
  }
  CHECK(!w.state().rows.defined());
  CHECK(max(abs(w.gradient() - same.gradient())).item() < 1e-14);
}

namespace {

/// Trains two copies of a table, one of them with gradients of rows, and returns the largest difference.
template <class Make>
double difference_after_steps(Make make_optimizer) {
  const Parameter<double> w = table(), same = w.clone();
  auto optimizer = make_optimizer(list_of({&w})), other = make_optimizer(list_of({&same}));
  for (int step = 0; step < 4; ++step) {
    {
      Tape<double> tape;
      tape.backward(loss_of(w));
      CHECK(w.state().rows.defined());
    }
    Tape<double> tape;
    tape.backward(whole_loss_of(same));
    const auto report = optimizer.step(), expected = other.step();
    CHECK(report.norm_before == doctest::Approx(expected.norm_before).epsilon(1e-14));
    CHECK(report.norm_after == doctest::Approx(expected.norm_after).epsilon(1e-14));
    CHECK(report.share_clipped == expected.share_clipped);
  }
  return max(abs(w.value() - same.value())).item();
}

}  // namespace

TEST_CASE("every optimizer steps the same for a gradient of rows as for the whole") {
  using namespace ebb::nn;
  using List = ParameterList<double>;
  for (const Clip clip : {Clip{}, clip_by_norm(0.5), clip_by_value(0.1), clip_adaptively(0.01), clip_each_by_norm(1)}) {
    CHECK(difference_after_steps([&](List l) { return SGD<double>(l, {.lr = 0.1, .clip = clip}); }) < 1e-14);
    CHECK(difference_after_steps([&](List l) { return SGD<double>(l, {.momentum = 0.9, .clip = clip}); }) < 1e-14);
    CHECK(difference_after_steps([&](List l) { return SGD<double>(l, {.weight_decay = 0.1, .clip = clip}); }) < 1e-14);
    CHECK(difference_after_steps([&](List l) { return Adagrad<double>(l, {.lr = 0.1, .clip = clip}); }) < 1e-14);
    CHECK(difference_after_steps([&](List l) { return AdamW<double>(l, {.lr = 0.1, .clip = clip}); }) < 1e-13);
    CHECK(difference_after_steps([&](List l) { return RMSProp<double>(l, {.lr = 0.1, .clip = clip}); }) < 1e-13);
    CHECK(difference_after_steps([&](List l) { return Lion<double>(l, {.lr = 0.1, .clip = clip}); }) < 1e-13);
  }
}

TEST_CASE("gradients of rows are clipped as the whole is") {
  const Parameter<double> w = table(), same = w.clone();
  walk_both(w, same);
  const auto report = ebb::nn::clip_by_norm(list_of({&w}), 0.25),
             expected = ebb::nn::clip_by_norm(list_of({&same}), 0.25);
  CHECK(report.norm_before == doctest::Approx(expected.norm_before).epsilon(1e-14));
  CHECK(max(abs(w.gradient() - same.gradient())).item() < 1e-15);
}

TEST_CASE("a lazy Adam leaves rows that were not looked up as they are, and steps the others as Adam does") {
  const Parameter<double> w = table(), start = w.clone();
  ebb::nn::Adam<double> optimizer(list_of({&w}), {.lr = 0.1, .lazy = true});
  const auto step = [&](const IntArray& ids) {
    Tape<double> tape;
    tape.backward(sum(ebb::embedding(w, ids)));
    optimizer.step();
  };
  step({7, 3});
  CHECK(w.value().at({7, 0}) == doctest::Approx(start.value().at({7, 0}) - 0.1));
  const Tensor<double> after = w.value();
  step({3});
  CHECK(w.value().at({7, 0}) == after.at({7, 0}));  // Adam itself would move it on, by its mean
  CHECK(w.value().at({3, 0}) < after.at({3, 0}));
  CHECK(w.value().at({8, 2}) == start.value().at({8, 2}));
  CHECK_ERROR(ebb::nn::Adam<double>(list_of({&w}), {.weight_decay = 0.1, .lazy = true}), "a weight decay of 0");
}

TEST_CASE("a step of a few rows takes memory for these, whatever the size of the table") {
  const Parameter<float> large(ebb::zeros<float>({200'000, 16}), "table");
  ebb::nn::SGD<float> optimizer(large, {.lr = 0.1, .clip = ebb::nn::clip_by_norm(1)});
  ebb::reset_peak_memory();
  const auto before = ebb::memory_statistics().in_use;
  {
    Tape<float> tape;
    tape.backward(sum(ebb::embedding(large, IntArray{5, 100, 199'999})));
  }
  optimizer.step();
  CHECK(ebb::memory_statistics().peak_in_use - before < 10'000);
  CHECK(large.value().at({199'999, 3}) < 0);
}
