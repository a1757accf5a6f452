// See comparison.h.
#include "tools/simulate/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/bench/report.h"

namespace simulate {
namespace {

constexpr std::size_t name_width = 22;

std::string short_delay(const ProviderCounts& one, double share) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  if (one.delay.count() == 0) return "-";
  const base::Duration delay = one.delay.percentile(share);
  const base::Duration unit = delay < seconds(10) ? base::Duration(milliseconds(10)) : seconds(1);
  return base::format_duration(delay / unit * unit);
}

std::string pair(const std::string& bytes, const std::string& schedule) {
  return bytes + " / " + schedule;
}

std::string row(const ProviderCounts& bytes, const ProviderCounts& schedule) {
  const auto delays = [&](double share) {
    return pair(short_delay(bytes, share), short_delay(schedule, share));
  };
  return fmt::format(
      "  {:{}}{:>21}{:>20}{:>18}{:>10}{:>8.1f}%\n", bytes.name.substr(0, name_width), name_width,
      pair(bench::with_commas(bytes.delivered), bench::with_commas(schedule.delivered)),
      delays(0.5), delays(0.9),
      fmt::format("{:+}", static_cast<std::int64_t>(bytes.attempts) -
                              static_cast<std::int64_t>(schedule.attempts)),
      100 * apart(bytes, schedule).share);
}

}  // namespace

Apart apart(const ProviderCounts& one, const ProviderCounts& other) {
  Apart out{.name = one.name};
  if (one.messages == 0) return out;
  std::int64_t difference = 0;
  for (std::size_t hour = 0; hour < std::max(one.hours.size(), other.hours.size()); ++hour) {
    if (hour < one.hours.size()) {
      difference += static_cast<std::int64_t>(one.hours[hour].delivered);
    }
    if (hour < other.hours.size()) {
      difference -= static_cast<std::int64_t>(other.hours[hour].delivered);
    }
    const double share =
        std::abs(static_cast<double>(difference)) / static_cast<double>(one.messages);
    if (share > out.share) {
      out.share = share;
      out.when = std::chrono::hours(hour + 1);
    }
  }
  return out;
}

std::vector<Apart> apart(const Counts& one, const Counts& other) {
  std::vector<Apart> out;
  out.reserve(one.providers.size() + 1);
  for (std::size_t i = 0; i < one.providers.size(); ++i) {
    out.push_back(apart(one.providers[i], other.providers[i]));
  }
  out.push_back(apart(one.all(), other.all()));
  return out;
}

std::string comparison_text(const Counts& bytes, const Counts& schedule) {
  std::string out =
      "\nwith / without octets               delivered                 p50               p90"
      "  attempts    apart\n";
  for (std::size_t i = 0; i < bytes.providers.size(); ++i) {
    out += row(bytes.providers[i], schedule.providers[i]);
  }
  if (bytes.providers.size() > 1) out += row(bytes.all(), schedule.all());
  std::string far;
  for (const Apart& one : apart(bytes, schedule)) {
    if (one.share <= apart_max) continue;
    far += fmt::format("{}{} ({}, {:.1f} %)", far.empty() ? "" : ", ", one.name,
                       day_and_time(one.when), 100 * one.share);
  }
  if (far.empty()) {
    return out + fmt::format(
                     "\nAt no hour are the curves of delivery more than {:.0f} % of the "
                     "messages apart.\n",
                     100 * apart_max);
  }
  return out + fmt::format(
                   "\nThe curves of delivery are more than {:.0f} % of the messages apart: {}."
                   "\nBelieve the one with octets; docs/simulate.md says what the other "
                   "leaves out.\n",
                   100 * apart_max, far);
}

}  // namespace simulate
