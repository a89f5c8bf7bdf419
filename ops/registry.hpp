#pragma once

#include <span>
#include <string_view>

#include "../autograd/base/visibility.hpp"
#include "../autograd/op.hpp"

// The operations by name, opt-in: for tools that read a name from a file and run what it stands for. An Op is called
// with what its record holds, inputs and attributes; what the function of ops.hpp checks before that, the Op does not.

namespace ebb EBB_PUBLIC {

/// Every operation of ops/, family by family; no two have the same name.
template <class T>
std::span<const Op<T>* const> all_ops();

/// The operation of this name. Throws Error, with all the names, if there is none.
template <class T>
const Op<T>& find_op(std::string_view name);

}  // namespace ebb
