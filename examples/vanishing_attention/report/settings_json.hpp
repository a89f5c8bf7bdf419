#pragma once

#include <nlohmann/json.hpp>

#include "../experiment/settings.hpp"

namespace vanishing_attention {

/// The settings as run.json holds them.
inline nlohmann::ordered_json json_of(const Settings& settings) {
  nlohmann::ordered_json json;
  Settings::visit(settings, [&](const char* name, const auto& setting) { json[name] = setting; });
  return json;
}

}  // namespace vanishing_attention
