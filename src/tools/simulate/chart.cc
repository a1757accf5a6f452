// See chart.h. The look is that of tests/bench/svg.py.
#include "tools/simulate/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace simulate {
namespace {

constexpr double width = 860;
constexpr double height = 420;
constexpr double left = 80;
constexpr double right = 170;
constexpr double top = 50;
constexpr double bottom = 60;
constexpr double hours_per_day = 24;
constexpr double name_height = 15;
constexpr std::array<std::string_view, 8> colours = {"#0b6e4f", "#b5472f", "#3b5ba9", "#8a5a00",
                                                     "#6a3d9a", "#555555", "#007b8a", "#a8327d"};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += c;
    }
  }
  return out;
}

struct Place {
  double x = 0;
  double y = 0;
};

std::string label(Place at, std::string_view text, std::string_view anchor,
                  std::string_view more = {}) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}{}>{}</text>\n", at.x,
                     at.y, anchor, more.empty() ? "" : " ", more, escaped(text));
}

std::string line(Place from, Place to) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#dddddd\"/>\n",
      from.x, from.y, to.x, to.y);
}

// 3, 1 500, 20 k, 1.5 M: short, for the axis.
std::string short_number(std::uint64_t value) {
  const auto real = static_cast<double>(value);
  if (value >= 1'000'000) return fmt::format("{:g} M", real / 1e6);
  if (value >= 10'000) return fmt::format("{:g} k", real / 1e3);
  return fmt::format("{}", value);
}

}  // namespace

std::uint64_t axis_step(std::uint64_t most) {
  std::uint64_t power = 1;
  while (power * 10 < most) power *= 10;
  for (const std::uint64_t step : {power / 5, power / 2, power}) {
    if (step > 0 && most / step <= 10) return step;
  }
  return power;
}

void Chart::add(std::string name, std::vector<std::uint64_t> by_hour) {
  for (const std::uint64_t value : by_hour) most_ = std::max(most_, value);
  hours_ = std::max(hours_, by_hour.size());
  curves_.push_back({std::move(name), std::move(by_hour)});
}

double Chart::x(double hour) const {
  return left + hour / static_cast<double>(hours_) * (width - left - right);
}

double Chart::y(double value) const {
  return height - bottom - value / static_cast<double>(most_) * (height - top - bottom);
}

std::string Chart::text() const {
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:g} {:g}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"{:g}\" height=\"{:g}\" fill=\"#ffffff\"/>\n",
      width, height, width, height);
  out += label({left, 24}, title_, "start", "font-size=\"16\"");
  if (!note_.empty()) out += label({left, 41}, note_, "start", "fill=\"#666666\"");
  out += axes();
  for (std::size_t i = 0; i < curves_.size(); ++i) out += curve(curves_[i], i);
  return out + "</svg>\n";
}

std::string Chart::axes() const {
  std::string out;
  const double end = width - right;
  const double floor = height - bottom;
  const std::uint64_t step = axis_step(most_);
  for (std::uint64_t value = 0; value <= most_; value += step) {
    const double at = y(static_cast<double>(value));
    out += line({left, at}, {end, at});
    out += label({left - 8, at + 4}, short_number(value), "end");
  }
  const std::uint64_t days = hours_ / 24 + 1;
  const std::uint64_t day_step = axis_step(days);
  for (std::uint64_t day = 0; day * 24 <= hours_; day += day_step) {
    const double at = x(static_cast<double>(day) * hours_per_day);
    out += line({at, top}, {at, floor});
    out += label({at, floor + 18}, fmt::format("{}", day), "middle");
  }
  return out + label({(left + end) / 2, floor + 42}, "days", "middle");
}

std::string Chart::curve(const Curve& curve, std::size_t number) const {
  const std::string_view colour = colours.at(number % colours.size());
  const std::size_t group = curve.values.size() / points_max + 1;
  std::string points;
  for (std::size_t hour = 0; hour < curve.values.size(); hour += group) {
    const auto first = curve.values.begin() + static_cast<std::ptrdiff_t>(hour);
    const std::size_t count = std::min(group, curve.values.size() - hour);
    const std::uint64_t value =
        *std::max_element(first, first + static_cast<std::ptrdiff_t>(count));
    points += fmt::format("{}{:.1f},{:.1f}", points.empty() ? "" : " ",
                          x(static_cast<double>(hour) + 1), y(static_cast<double>(value)));
  }
  std::string out =
      fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>\n",
                  points, colour);
  // Curves end at nothing, one like the other: their names stand in a list.
  const double at = top + name_height * static_cast<double>(number + 1);
  return out +
         label({width - right + 12, at}, curve.name, "start", fmt::format("fill=\"{}\"", colour));
}

}  // namespace simulate
