#include "attributes.hpp"

// Losses beside the plain ones, and operations on whole arrays, with the names of the cases in loss_cases.py,
// function_cases.py and array_cases.py.
namespace ebb_test {

namespace {

ebb::Reduction reduction(const nlohmann::json& a) {
  static const std::map<std::string, ebb::Reduction> all{
      {"none", ebb::Reduction::none}, {"sum", ebb::Reduction::sum}, {"mean", ebb::Reduction::mean}};
  return all.at(a.value("reduction", "mean"));
}

ebb::CrossEntropyOptions cross_entropy_options(const nlohmann::json& a) {
  return {.ignored_label = optional_number<std::int32_t>(a, "ignored_label"),
          .label_smoothing = a.value("label_smoothing", 0.0),
          .class_weights = a.value("class_weights", std::vector<double>()),
          .reduction = reduction(a)};
}

template <class T>
ebb::BinaryCrossEntropyOptions<T> binary_options(const Leaves<T>& x, const nlohmann::json& a) {
  return {.weights = x[2], .positive_weight = x[3], .reduction = reduction(a)};
}

/// All slices of a list of tensors, end to end.
template <class T>
ebb::Tensor<T> flattened(const Leaves<T>& parts) {
  Leaves<T> flat;
  for (const auto& part : parts) flat.push_back(reshape(part, -1));
  return concatenate(flat, 0);
}

}  // namespace

template <class T>
std::map<std::string, Function<T>> further_operations() {
  using X = Leaves<T>&;
  using A = const nlohmann::json&;
  return {
      {"hypot", EBB_BINARY(hypot)},
      {"logaddexp", EBB_BINARY(logaddexp)},
      {"atan2", EBB_BINARY(atan2)},
      {"log2", ONE_INPUT(log2)},
      {"safe_sqrt", ONE_INPUT(safe_sqrt)},
      {"tan", ONE_INPUT(tan)},
      {"asin", ONE_INPUT(asin)},
      {"acos", ONE_INPUT(acos)},
      {"atan", ONE_INPUT(atan)},
      {"sinh", ONE_INPUT(sinh)},
      {"cosh", ONE_INPUT(cosh)},
      {"sign", ONE_INPUT(sign)},
      {"floor", ONE_INPUT(floor)},
      {"ceil", ONE_INPUT(ceil)},
      {"round", ONE_INPUT(round)},
      {"softsign", ONE_INPUT(softsign)},
      {"mish", ONE_INPUT(mish)},
      {"log_sigmoid", ONE_INPUT(log_sigmoid)},
      {"elu", [](X x, A a) { return elu(x[0], a.at("alpha")); }},
      {"glu", [](X x, A a) { return glu(x[0], a.at("axis")); }},

      {"cross_entropy_options",
       [](X x, A a) { return cross_entropy(x[0], integers(a.at("labels")), cross_entropy_options(a)); }},
      {"cross_entropy_targets", [](X x, A a) { return cross_entropy(x[0], x[1], cross_entropy_options(a)); }},
      {"negative_log_likelihood",
       [](X x, A a) { return negative_log_likelihood(x[0], integers(a.at("labels")), cross_entropy_options(a)); }},
      {"kl_divergence", [](X x, A a) { return kl_divergence(x[0], x[1], {.reduction = reduction(a)}); }},
      {"binary_cross_entropy_options",
       [](X x, A a) { return binary_cross_entropy_with_logits(x[0], x[1], binary_options(x, a)); }},
      {"mean_absolute_error", [](X x, A a) { return mean_absolute_error(x[0], x[1], {.reduction = reduction(a)}); }},
      {"quantile_loss",
       [](X x, A a) { return quantile_loss(x[0], x[1], a.at("quantile"), {.reduction = reduction(a)}); }},
      {"hinge_loss", [](X x, A a) { return hinge_loss(x[0], integers(a.at("targets")), {.reduction = reduction(a)}); }},
      {"cosine_embedding_loss",
       [](X x, A a) {
         return cosine_embedding_loss(x[0], x[1], integers(a.at("targets")), a.at("margin"),
                                      {.reduction = reduction(a)});
       }},
      {"triplet_margin_loss",
       [](X x, A a) { return triplet_margin_loss(x[0], x[1], x[2], a.at("margin"), {.reduction = reduction(a)}); }},
      {"cosine_similarity", [](X x, A a) { return cosine_similarity(x[0], x[1], a.at("axis")); }},

      {"prod", EBB_REDUCE(prod)},
      {"norm", EBB_REDUCE(norm)},
      {"standard_deviation",
       [](X x, A a) {
         return standard_deviation(x[0], shape(a.at("axes")), {.keep = a.at("keep"), .correction = a.at("correction")});
       }},
      {"argmin", [](X x, A a) { return ebb::to_tensor<T>(argmin(x[0], a.at("axis"))); }},
      {"cumulative_product", [](X x, A a) { return cumulative_product(x[0], a.at("axis")); }},
      {"cumulative_max", [](X x, A a) { return cumulative_max(x[0], a.at("axis")); }},
      {"sort", [](X x, A a) { return sort(x[0], a.at("axis"), {.descending = a.at("descending")}); }},
      {"argsort",
       [](X x, A a) { return ebb::to_tensor<T>(argsort(x[0], a.at("axis"), {.descending = a.at("descending")})); }},
      {"top_k", [](X x, A a) { return top_k(x[0], a.at("k"), a.at("axis"), {.smallest = a.at("smallest")}).values; }},

      {"linspace", [](X, A a) { return ebb::linspace<T>(a.at("start"), a.at("stop"), a.at("count")); }},
      {"eye", [](X, A a) { return ebb::eye<T>(a.at("n")); }},
      {"one_hot", [](X, A a) { return ebb::one_hot<T>(integers(a.at("labels")), a.at("classes")); }},
      {"tile", [](X x, A a) { return tile(x[0], shape(a.at("repeats"))); }},
      {"roll", [](X x, A a) { return roll(x[0], a.at("shift"), a.at("axis")); }},
      {"select", [](X x, A a) { return select(x[0], a.at("axis"), a.at("index")); }},
      {"unbind", [](X x, A a) { return flattened(unbind(x[0], a.at("axis"))); }},
      {"tril", [](X x, A a) { return tril(x[0], a.at("k")); }},
      {"triu", [](X x, A a) { return triu(x[0], a.at("k")); }},
      {"diagonal", [](X x, A a) { return diagonal(x[0], a.at("k")); }},
      {"diag", [](X x, A a) { return diag(x[0], a.at("k")); }},
      {"scatter", [](X x, A a) { return scatter(x[0], integers(a.at("indices")), x[1], a.at("axis")); }},
      {"put_along_axis", [](X x, A a) { return put_along_axis(x[0], integers(a.at("indices")), x[1], a.at("axis")); }},
      {"slice_scatter",
       [](X x, A a) {
         return slice_scatter(x[0], a.at("axis"), {.start = a.at("start"), .stop = a.at("stop"), .step = a.at("step")},
                              x[1]);
       }},

      {"dot", EBB_BINARY(dot)},
      {"outer", EBB_BINARY(outer)},
      {"einsum", [](X x, A a) { return einsum(a.at("equation").template get<std::string>(), x); }},
      {"triangular_solve",
       [](X x, A a) { return triangular_solve(x[0], x[1], {.upper = a.at("upper"), .transpose = a.at("transpose")}); }},
      {"cholesky", ONE_INPUT(cholesky)},
      {"log_determinant", ONE_INPUT(log_determinant)},
      {"solve", [](X x, A a) { return solve(x[0], x[1], {.transpose = a.at("transpose")}); }},
      {"inverse", ONE_INPUT(inverse)},
      {"determinant", ONE_INPUT(determinant)},
      {"log_abs_determinant", ONE_INPUT(log_abs_determinant)},
      {"determinant_sign", ONE_INPUT(determinant_sign)},
      {"lu",
       [](X x, A) {
         const auto [permutation, l, u] = lu(x[0]);
         return ebb::concatenate({l, u}, -2);
       }},

      {"floor_divide",
       [](X, A a) { return ebb::to_tensor<T>(floor_divide(integers(a.at("a")), integers(a.at("b")))); }},
      {"remainder", [](X, A a) { return ebb::to_tensor<T>(remainder(integers(a.at("a")), integers(a.at("b")))); }},
      {"logical_and", [](X, A a) { return ebb::to_tensor<T>(logical_and(integers(a.at("a")), integers(a.at("b")))); }},
      {"logical_or", [](X, A a) { return ebb::to_tensor<T>(logical_or(integers(a.at("a")), integers(a.at("b")))); }},
      {"logical_not", [](X, A a) { return ebb::to_tensor<T>(logical_not(integers(a.at("a")))); }},
      {"any", [](X, A a) { return ebb::to_tensor<T>(any(integers(a.at("a")), shape(a.at("axes")))); }},
      {"all", [](X, A a) { return ebb::to_tensor<T>(all(integers(a.at("a")), shape(a.at("axes")))); }},
      {"to_integers", [](X x, A) { return ebb::to_tensor<T>(to_integers(x[0])); }},
  };
}

template std::map<std::string, Function<float>> further_operations();
template std::map<std::string, Function<double>> further_operations();

}  // namespace ebb_test
