#include "style.hpp"

#include <map>

namespace vanishing_attention {

namespace {

struct Ink {
  const char *light, *dark;
};

// Okabe, Ito: Color Universal Design (2008), without its yellow, which can hardly be seen on white.
constexpr Ink palette[] = {{"#000000", "#f2f2f2"}, {"#e69f00", "#f0b429"}, {"#56b4e9", "#7cc8f2"},
                           {"#009e73", "#2fc79a"}, {"#cc79a7", "#e39cc3"}, {"#0072b2", "#4a9fd8"},
                           {"#d55e00", "#ff8534"}};
constexpr std::size_t colours = std::size(palette);

}  // namespace

std::vector<LineStyle> line_styles(const std::vector<Variant>& variants) {
  std::map<std::string, std::size_t> colour_of;
  std::map<std::size_t, int> uses;
  std::vector<LineStyle> styles;
  for (const Variant& v : variants) {
    const std::string& unclipped = v.base.empty() ? v.name : v.base;
    const std::size_t colour = colour_of.try_emplace(unclipped, colour_of.size() % colours).first->second;
    styles.push_back({palette[colour].light, palette[colour].dark, uses[colour]++ % 4});
  }
  return styles;
}

}  // namespace vanishing_attention
