#pragma once

#include <string>

#include "../base/visibility.hpp"
#include "../tape.hpp"

namespace ebb EBB_PUBLIC {

/// The chain rule at one record, in words and numbers: the op's formula, its inputs, its value, the adjoint that
/// arrives and what its derivative passes on to each input, beside central differences of its forward function. The
/// adjoint is that of the walk under way or the last one; where there is none, ones. Where rounding leaves the
/// differences little to tell, as beside large numbers in float, it says so. Throws Error unless the record's tape is
/// in scope and keeps all.
template <class T>
std::string explain(const Record<T>& record);

}  // namespace ebb
