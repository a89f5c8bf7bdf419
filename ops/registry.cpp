#include "registry.hpp"

#include <fmt/format.h>

#include <string>

#include "../autograd/base/error.hpp"
#include "all_ops.h"

namespace ebb EBB_PUBLIC {

template <class T>
std::span<const Op<T>* const> all_ops() {
#define EBB_LIST(op) &Ops<T>::op,
  static constexpr const Op<T>* ops[] = {EBB_OPS(EBB_LIST)};
#undef EBB_LIST
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
