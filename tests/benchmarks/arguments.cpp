#include "arguments.hpp"

#include <algorithm>
#include <charconv>
#include <ebb/ops/threads.hpp>
#include <stdexcept>

Arguments::Arguments(const std::string& work, std::span<char*> given,
                     std::initializer_list<std::pair<const char*, long>> known) {
  std::string usage;
  for (const auto& [name, value] : known) {
    values_[name] = value;
    usage += std::string(" ") + name + "=" + std::to_string(value);
  }
  values_["threads"] = 2;
  for (const std::string argument : given) {
    const std::string name = argument.substr(0, argument.find('='));
    if (!values_.contains(name))
      throw std::invalid_argument(work + " does not know '" + name + "'; it takes" + usage + " threads=2");
    const char* last = argument.data() + argument.size();
    const char* first = std::min(argument.data() + name.size() + 1, last);
    long& value = values_[name];
    const long least = value == 0 ? 0 : 1;
    if (const auto read = std::from_chars(first, last, value);
        read.ec != std::errc() || read.ptr != last || value < least)
      throw std::invalid_argument("'" + argument + "': the value must be a whole number of at least " +
                                  std::to_string(least));
  }
  ebb::set_threads(static_cast<int>(values_["threads"]));
}
