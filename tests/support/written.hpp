#pragma once

#include <sstream>
#include <string>

namespace ebb_test {

/// What << writes of x.
template <class X>
std::string written(const X& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

}  // namespace ebb_test
