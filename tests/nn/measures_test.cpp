#include <cmath>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;

TEST_CASE("accuracy: the share of labels with the largest logit, or among the k largest") {
  const Tensor<float> logits{{1, 3, 2}, {5, 0, 0}, {0, 0, 1}, {2, 2, 2}};
  const IntArray labels{1, 1, 2, 1};
  CHECK(nn::accuracy(logits, labels) == 0.5);
  CHECK(nn::top_k_accuracy(logits, labels, 2) == 1);  // of equal logits the first counts as the larger
  CHECK(nn::top_k_accuracy(logits, IntArray{0, 2, 0, 2}, 2) == 0.25);
  CHECK(nn::top_k_accuracy(logits, labels, 3) == 1);
  CHECK(nn::accuracy(argmax(logits), labels) == 0.5);
  CHECK(nn::accuracy(Tensor<double>{{NAN, NAN}}, IntArray{0}) == 0);
  CHECK(nn::accuracy(Tensor<double>{{NAN, 1}}, IntArray{1}) == 0);
  CHECK(nn::accuracy(zeros<float>({2, 2, 3}), IntArray({2, 2}, {0, 0, 1, 0})) == 0.75);
}

TEST_CASE("accuracy refuses what does not go together") {
  const Tensor<float> logits{{1, 3}, {5, 0}};
  CHECK_ERROR(nn::accuracy(logits, IntArray{1}),
              "accuracy(): logits of shape [2, 2] do not go with labels of shape [1]");
  CHECK_ERROR(nn::accuracy(logits, IntArray{0, 2}), "accuracy(): 2 is none of 2 classes");
  CHECK_ERROR(nn::accuracy(logits, IntArray{0, -1}), "-1 is none of 2 classes");
  CHECK_ERROR(nn::top_k_accuracy(logits, IntArray{0, 1}, 3), "top_k_accuracy(): k is 3, and there are 2 classes");
  CHECK_ERROR(nn::accuracy(zeros<float>({0, 2}), IntArray(Shape{0})), "there is nothing to judge");
  CHECK_ERROR(nn::accuracy(IntArray{1}, IntArray{1, 2}), "predictions of shape [1] do not go with labels of shape [2]");
  CHECK_ERROR(nn::accuracy(IntArray(Shape{0}), IntArray(Shape{0})), "there is nothing to judge");
  CHECK_ERROR(nn::accuracy(IntArray(), IntArray()), "there is nothing to judge");
  CHECK_ERROR(nn::accuracy(ones<float>({3}), IntArray()), "there is nothing to judge");
}

TEST_CASE("a confusion matrix counts what was predicted, row by row for each label") {
  const IntArray counts = nn::confusion_matrix({1, 0, 1, 2}, {1, 1, 0, 2}, 3);
  CHECK(counts.shape() == Shape{3, 3});
  CHECK(counts.to_vector() == std::vector<std::int32_t>{0, 1, 0, 1, 1, 0, 0, 0, 1});
  CHECK_ERROR(nn::confusion_matrix({3}, {1}, 3), "confusion_matrix(): 3 is none of 3 classes");
}

TEST_CASE("r squared: 1 for the targets themselves, 0 for their mean, below 0 for worse") {
  const Tensor<double> target({4}, {1, 2, 3, 6});
  CHECK(nn::r_squared(target, target) == 1);
  CHECK(nn::r_squared(full<double>({4}, 3), target) == Approx(0));
  CHECK(nn::r_squared(Tensor<double>({4}, {2, 2, 3, 6}), target) == Approx(1 - 1.0 / 14));
  CHECK(nn::r_squared(Tensor<double>({4}, {6, 3, 2, 1}), target) < 0);
  const Tensor<double> far = target + 1e9;  // sums of squares would have no digit left
  CHECK(nn::r_squared(Tensor<double>(far + Tensor<double>({4}, {1, 0, 0, 0})), far) == Approx(1 - 1.0 / 14));
  CHECK_ERROR(nn::r_squared(target, full<double>({4}, 3)), "the targets are all equal");
  CHECK_ERROR(nn::r_squared(target, full<double>({4, 1}, 3)), "targets of shape [4, 1]");
}

TEST_CASE("perplexity of a uniform choice is the number of choices") {
  CHECK(nn::perplexity(std::log(50.0)) == Approx(50));
}

TEST_CASE("calibration error: how far confidence is from the share of right ones") {
  // Four sure of 0.8, three of them right: off by 0.05. One sure of 0.6, right: off by 0.4.
  const Tensor<float> p{{0.8F, 0.2F}, {0.8F, 0.2F}, {0.2F, 0.8F}, {0.2F, 0.8F}, {0.6F, 0.4F}};
  CHECK(nn::calibration_error(p, IntArray{0, 0, 1, 0, 0}) == Approx((4 * 0.05 + 0.4) / 5));
  CHECK(nn::calibration_error(Tensor<float>{{1, 0}}, IntArray{0}) == 0);
  CHECK_ERROR(nn::calibration_error(Tensor<float>{{3, -1}}, IntArray{0}),
              "3 is no probability; of logits, give softmax");
  CHECK_ERROR(nn::calibration_error(Tensor<float>{{1, NAN}}, IntArray{0}), "nan is no probability");
  CHECK_ERROR(nn::calibration_error(p, IntArray{0, 0, 1, 0, 0}, 0), "there must be a bin, not 0");
}

TEST_CASE("a running mean weighs what it is given, and is part of a training's state") {
  nn::RunningMean mean;
  CHECK_ERROR(mean.mean(), "there is no number to average");
  mean.add(1, 3), mean.add(5);
  CHECK(mean.mean() == 2);
  CHECK_ERROR(mean.add(1, -1), "a weight must be a finite number of at least 0, not -1");
  mean.add(NAN, 0);
  CHECK(mean.mean() == 2);
  const TemporaryFolder folder;
  nn::TrainingState state;
  state.add("loss", mean);
  save(folder.path + "/state.safetensors", state);
  mean.clear();
  CHECK_ERROR(mean.mean(), "there is no number to average");
  load(folder.path + "/state.safetensors", state);
  CHECK(mean.mean() == 2);
}
