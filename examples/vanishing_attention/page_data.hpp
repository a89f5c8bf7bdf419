#pragma once

#include <string>

#include "results.hpp"

namespace vanishing_attention {

/// What page.js draws, as JSON that is safe inside a script element.
std::string page_data(const Results& results);

}  // namespace vanishing_attention
