#pragma once

#include <string>

#include "../experiment/results.hpp"

namespace vanishing_attention {

/// Returns the data of the page's charts and attention maps, as JSON that is safe inside a script element.
std::string page_data(const Results& results);

}  // namespace vanishing_attention
