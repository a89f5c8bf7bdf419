#include "attention_picture.hpp"

#include <fmt/format.h>

#include <set>

#include "gnuplot.hpp"
#include "sentences.hpp"
#include "summary.hpp"

namespace vanishing_attention {

namespace {

constexpr std::size_t most_rows = 5, most_columns = 4;

/// Returns at most four of the blocks, spread evenly, with the first and the last among them.
std::vector<int> shown_layers(const Run& run) {
  std::set<int> all;
  for (const AttentionMap& map : run.attention) all.insert(map.layer);
  const std::vector<int> layers(all.begin(), all.end());
  if (layers.size() <= most_columns) return layers;
  std::vector<int> shown;
  for (std::size_t i = 0; i < most_columns; ++i) {
    shown.push_back(layers[i * (layers.size() - 1) / (most_columns - 1)]);
  }
  return shown;
}

const AttentionMap* map_of(const Run& run, int layer) {
  const AttentionMap* found = nullptr;
  for (const AttentionMap& map : run.attention) {
    if (map.layer == layer && (!found || map.head < found->head)) found = &map;
  }
  return found;
}

std::string data_block(const AttentionMap& map, const std::string& name) {
  std::string block = fmt::format("${} << END\n", name);
  const std::size_t size = static_cast<std::size_t>(map.size);
  for (std::size_t query = 0; query < size; ++query) {
    for (std::size_t key = 0; key < size; ++key) {
      const float weight = map.weights.at(query * size + key);
      block += std::isfinite(weight) ? fmt::format("{:.4f} ", weight) : "NaN ";
    }
    block += '\n';
  }
  return block + "END\n";
}

}  // namespace

std::optional<Picture> attention_picture(const Results& results) {
  std::vector<const Run*> rows;
  for (const Variant& v : results.variants) {
    const Run* run = run_with_maps(results, v.name);
    if (run && !repeats_base(results, v) && rows.size() < most_rows) rows.push_back(run);
  }
  if (rows.empty()) return std::nullopt;
  const std::vector<int> layers = shown_layers(*rows.front());

  const double tile = 168, gap = 12, left = 150, top = 34, bottom = 18;  // in pixels
  const double width = left + static_cast<double>(layers.size()) * (tile + gap);
  Picture picture{"attention", sentence::attention_picture, static_cast<int>(width),
                  static_cast<int>(top + bottom + static_cast<double>(rows.size()) * (tile + gap)), ""};
  const double height = picture.height_px;
  std::string& s = picture.script;
  s = "set multiplot\nunset key\nunset colorbox\nset border lc rgb '#999999'\nunset tics\n"
      "set palette defined (0 '#ffffff', 0.05 '#d6e6f4', 0.2 '#85b8dc', 0.5 '#2171b5', 1 '#08204a')\nset cbrange "
      "[0:1]\n";
  s += fmt::format("set label 1 {} at screen {}, screen {} left tc rgb '#555555'\n",
                   gnuplot_string(sentence::attention_label), left / width, 12 / height);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < layers.size(); ++column) {
      const AttentionMap* map = map_of(*rows[row], layers[column]);
      if (!map || map->size < 1) continue;
      const double x = left + static_cast<double>(column) * (tile + gap);
      const double y = height - top - static_cast<double>(row) * (tile + gap);
      const std::string name = fmt::format("r{}c{}", row, column);
      s += data_block(*map, name);
      s += fmt::format("set lmargin at screen {}\nset rmargin at screen {}\n", x / width, (x + tile) / width);
      s += fmt::format("set tmargin at screen {}\nset bmargin at screen {}\n", y / height, (y - tile) / height);
      s += row == 0 ? fmt::format("set title 'block {}'\n", layers[column]) : "unset title\n";
      s += column == 0 ? fmt::format("set label 2 {} at screen {}, screen {} right\n",
                                     gnuplot_string(rows[row]->variant), (left - 10) / width, (y - tile / 2) / height)
                       : "unset label 2\n";
      s += fmt::format("set xrange [-0.5:{0}]\nset yrange [{0}:-0.5]\nplot ${1} matrix with image\n", map->size - 0.5,
                       name);
      s += "unset label 1\n";  // drawn with the first map
    }
  }
  s += "unset multiplot\n";
  return picture;
}

}  // namespace vanishing_attention
