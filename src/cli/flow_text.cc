// See flow_text.h.
#include "cli/flow_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "cli/answer.h"

namespace cli {
namespace {

constexpr std::size_t columns_max = 60;

// As many steps each as it takes, so that all fit.
std::vector<std::uint64_t> joined(const boost::json::array& values) {
  const std::size_t per_column = (values.size() + columns_max - 1) / columns_max;
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % per_column == 0) out.push_back(0);
    boost::system::error_code error;
    out.back() += values[i].to_number<std::uint64_t>(error);
  }
  return out;
}

}  // namespace

std::string bars(const std::vector<std::uint64_t>& values) {
  constexpr std::array<std::string_view, 8> heights = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::uint64_t largest = values.empty() ? 0 : std::ranges::max(values);
  std::string out;
  for (const std::uint64_t value : values) {
    if (value == 0) {
      out += ' ';
      continue;
    }
    const double part = static_cast<double>(value) / static_cast<double>(largest);
    const auto height = static_cast<std::size_t>(part * static_cast<double>(heights.size()));
    out += heights.at(std::min(height, heights.size() - 1));
  }
  return out;
}

std::string flow_text(const boost::json::object& answer) {
  std::string out;
  const auto* series = answer.if_contains("series");
  if (series == nullptr || !series->is_object()) return out;
  for (const auto& [kind, values] : series->get_object()) {
    if (!values.is_array()) continue;
    const std::vector<std::uint64_t> columns = joined(values.get_array());
    const std::uint64_t sum = std::accumulate(columns.begin(), columns.end(), std::uint64_t{0});
    out += fmt::format("{:<10} {:>10}  {}|\n", std::string_view(kind), sum, bars(columns));
  }
  return out + fmt::format("from {} until now\n", field_of(answer, "begin"));
}

}  // namespace cli
