#include "type_name.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace ebb {

std::string name_of(const std::type_info& type) {
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, nullptr),
                                                         &std::free);
  return name != nullptr ? name.get() : type.name();
}

}  // namespace ebb
