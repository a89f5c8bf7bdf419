#include "bundle.hpp"

namespace ebb {

template <class T>
std::string write_bundle(const Event<T>&, const std::string&, const std::string&) {
  return {};
}
template std::string write_bundle(const Event<float>&, const std::string&, const std::string&);
template std::string write_bundle(const Event<double>&, const std::string&, const std::string&);

}  // namespace ebb
