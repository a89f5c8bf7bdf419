#include "registry.hpp"

#include <fmt/format.h>

#include <string>

#include "../autograd/base/error.hpp"
#include "families.h"

namespace ebb EBB_PUBLIC {

namespace {

template <class T>
Family<T> joined() {
  Family<T> all;
  for (const Family<T>& family :
       {arithmetic_ops<T>(), exponential_ops<T>(), trigonometric_ops<T>(), activation_ops<T>(), comparison_ops<T>(),
        broadcast_ops<T>(), reduction_ops<T>(), cumulative_ops<T>(), shape_ops<T>(), slicing_ops<T>(),
        indexing_ops<T>(), matmul_ops<T>(), softmax_ops<T>(), normalization_ops<T>(), dropout_ops<T>(), loss_ops<T>(),
        attention_ops<T>()})
    all.insert(all.end(), family.begin(), family.end());
  return all;
}

}  // namespace

template <class T>
std::span<const Op<T>* const> all_ops() {
  static const Family<T> ops = joined<T>();
  return ops;
}

template <class T>
const Op<T>& find_op(std::string_view name) {
  for (const Op<T>* op : all_ops<T>())
    if (op->name == name) return *op;
  std::string names;
  for (const Op<T>* op : all_ops<T>()) names += fmt::format("{}{}", names.empty() ? "" : ", ", op->name);
  throw Error(fmt::format("find_op(): there is no operation \"{}\"; there are {}", name, names));
}

#define EBB_INSTANTIATE(T)                          \
  template std::span<const Op<T>* const> all_ops(); \
  template const Op<T>& find_op(std::string_view);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
