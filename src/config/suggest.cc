// See suggest.h.
#include "config/suggest.h"

#include <algorithm>

namespace config {
namespace {

std::string_view last_part(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Rows of the usual table: the one before the last, the last and the current one.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::string nearest(std::string_view written, const std::vector<std::string>& names) {
  if (written.size() > compared_bytes_max) return {};
  for (const auto& name : names) {
    if (last_part(name) == last_part(written) && name != written) return name;
  }
  const std::string* best = nullptr;
  // A third of the letters may be wrong; more is another word.
  std::size_t best_distance = std::max<std::size_t>(last_part(written).size() / 3, 1) + 1;
  for (const auto& name : names) {
    const std::size_t distance = edit_distance(written, name);
    if (distance >= best_distance) continue;
    best = &name;
    best_distance = distance;
  }
  return best == nullptr ? std::string() : *best;
}

}  // namespace config
