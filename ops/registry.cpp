#include "registry.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "../autograd/error.hpp"
#include "families.hpp"

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

/// How many letters must be added, taken away or changed to make one word the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> to_prefix(b.size() + 1);  // from the letters of a so far to each prefix of b
  std::iota(to_prefix.begin(), to_prefix.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(to_prefix[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] != b[j] ? 1 : 0);
      diagonal = to_prefix[j + 1];
      to_prefix[j + 1] = std::min({changed, to_prefix[j] + 1, diagonal + 1});
    }
  }
  return to_prefix.back();
}

template <class T>
std::vector<std::string_view> nearest_names(std::string_view name) {
  std::vector<std::pair<std::size_t, std::string_view>> names;
  for (const Op<T>* op : all_ops<T>()) names.emplace_back(edit_distance(name, op->name), op->name);
  std::sort(names.begin(), names.end());
  std::vector<std::string_view> nearest;
  for (std::size_t i = 0; i < 3; ++i) nearest.push_back(names[i].second);
  return nearest;
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
  throw Error(fmt::format("find_op(): there is no operation \"{}\"; the nearest names are {}", name,
                          fmt::join(nearest_names<T>(name), ", ")));
}

#define EBB_INSTANTIATE(T)                          \
  template std::span<const Op<T>* const> all_ops(); \
  template const Op<T>& find_op(std::string_view);
EBB_INSTANTIATE(float)
EBB_INSTANTIATE(double)

}  // namespace ebb
