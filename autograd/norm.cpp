#include "norm.hpp"

#include "kernels/norms.h"

namespace ebb EBB_PUBLIC {

template <class T>
double norm_of(const Array<T>& x) {
  return kernels::norm(x.size(), x.data());
}

template double norm_of(const Array<float>&);
template double norm_of(const Array<double>&);

}  // namespace ebb
