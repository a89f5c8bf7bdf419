#include "support/check.hpp"

using namespace ebb_test;

namespace {

using T = Tensor<double>;
using List = std::vector<double>;

}  // namespace

TEST_CASE("a hook sees the whole gradient of a tensor, once, before it flows on") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), h = x * x;
  std::vector<double> seen;
  tape.hook(h, [&](const T& dh) { seen.push_back(dh.item()); });
  tape.hook(x, [&](const T& dx) { seen.push_back(dx.item()); });
  tape.backward(h * 2 + h * 5);
  CHECK(seen == List{7, 42});
}

TEST_CASE("replacing a gradient changes what flows on, in the order in which the hooks were set") {
  const Parameter<double> w(T({}, {3}).value());
  Tape<double> tape;
  const T h = w * 2;
  tape.replace_gradient(h, [](const T& dh) { return dh * 10; });
  tape.replace_gradient(h, [](const T& dh) { return dh + 1; });
  tape.replace_gradient(w, [](const T& dw) { return dw * dw; });
  tape.backward(h);
  CHECK(w.gradient().item() == (1 * 10 + 1) * 2 * (1 * 10 + 1) * 2);
}

TEST_CASE("hooks run in grad as well, and can be differentiated there") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), y = x * x;
  tape.replace_gradient(x, [](const T& dx) { return dx * dx; });  // (2x)^2 from the first walk
  const T first = grad(y, x, {.create_graph = true});
  CHECK(first.item() == 36);
  CHECK(grad(first, x).item() == 8.0 * 3 * 8 * 3);  // 8x, squared again by the hook
}

TEST_CASE("a hook is not called where no gradient flows, and may set others") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), unused = x * 2, h = x * x;
  int calls = 0;
  tape.hook(unused, [&](const T&) { ++calls; });
  tape.hook(h, [&](const T&) {
    for (int i = 0; i < 100; ++i) tape.hook(x, [&](const T&) { ++calls; });
    for (int i = 0; i < 100; ++i) tape.hook(h, [&](const T&) { calls += 1000; });  // too late for this walk
  });
  tape.backward(h);
  CHECK(calls == 100);
}

TEST_CASE("a gradient that a hook kept does not change when the walk goes on") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), h = x * 1;
  T kept;
  tape.hook(h, [&](const T& dh) { kept = dh; });
  tape.backward(h + x + x);
  CHECK(kept.item() == 1);
  CHECK(tape.gradient(x).item() == 3);
}

TEST_CASE("hooks on what no gradient can reach, and of the wrong shape, are refused") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), y = x * x;
  CHECK_ERROR(tape.hook(T({}, {1}), [](const T&) {}), "no gradient will reach it");
  tape.replace_gradient(x, [](const T&) { return T({2}, {1, 2}); });
  CHECK_ERROR(tape.backward(y, {.keep = true}), "must return the shape [], but returned [2]");
  tape.replace_gradient(y, [](const T&) { return T(); });
  CHECK_ERROR(tape.backward(y), "returned an undefined tensor");
}

TEST_CASE("a hook on a parameter gives its leaf the user's line") {
  const Parameter<double> w(T({}, {3}).value());
  Tape<double> tape;
  tape.hook(w, [](const T&) {});
  CHECK(contains(tape[0].where.file(), "hook_test.cpp"));
}

TEST_CASE("a tape that a hook consumes stays consumed when the walk that called the hook ends") {
  Tape<double> tape({.keep_all = true});
  const auto x = tape.watch(Tensor<double>({}, {3}));
  const auto y = x * x;
  bool first = true;
  tape.hook(x, [&](const Tensor<double>&) {
    if (std::exchange(first, false)) tape.backward(y);
  });
  tape.backward(y, {.keep = true});
  CHECK(tape.walked());
  CHECK_ERROR(tape.backward(y), "this tape was walked already");
}

TEST_CASE("a hook cannot free the tape that is being walked") {
  Tape<double> tape;
  const auto x = tape.watch(Tensor<double>({}, {3}));
  const auto y = square(x), z = y * 2;
  bool frees = true;
  tape.hook(y, [&](const Tensor<double>&) {
    if (std::exchange(frees, false)) tape.backward(z);
  });
  CHECK_ERROR(tape.backward(z, {.keep = true}), "cannot free the tape that is being recorded or walked",
              "{.keep = true}");
  Walk walk(tape, z);
  frees = true;
  REQUIRE(walk.step());
  CHECK_ERROR(walk.step(), "cannot free the tape");
  tape.backward(z);
  CHECK(tape.gradient(x).item() == 12);
}

TEST_CASE("a hook that was removed is not called again, and cannot be removed twice") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), y = x * x;
  int calls = 0, others = 0;
  const ebb::HookHandle first = tape.hook(x, [&](const T&) { ++calls; });
  tape.hook(x, [&](const T&) { ++others; });
  tape.backward(y, {.keep = true});
  tape.remove_hook(first);
  tape.backward(y, {.keep = true});
  CHECK(calls == 1);
  CHECK(others == 2);
  CHECK_ERROR(tape.remove_hook(first), "is not on tape");
  Tape<double> another;
  CHECK_ERROR(another.remove_hook(first), "is not on tape");
}

TEST_CASE("a hook may remove itself, from the next walk on") {
  Tape<double> tape;
  const T x = tape.watch(T({}, {3})), y = x * x;
  int calls = 0;
  ebb::HookHandle own{};
  own = tape.hook(x, [&](const T&) {
    ++calls;
    tape.remove_hook(own);
  });
  tape.backward(y, {.keep = true});
  tape.backward(y, {.keep = true});
  CHECK(calls == 1);
}
