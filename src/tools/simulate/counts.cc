// See counts.h.
#include "tools/simulate/counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace simulate {
namespace {

void add_hours(std::vector<Hour>& into, const std::vector<Hour>& from) {
  into.resize(std::max(into.size(), from.size()));
  for (std::size_t i = 0; i < from.size(); ++i) {
    into[i].arrived += from[i].arrived;
    into[i].delivered += from[i].delivered;
    into[i].bounced += from[i].bounced;
    into[i].expired += from[i].expired;
    into[i].deferred += from[i].deferred;
    into[i].queued += from[i].queued;
  }
}

// RFC 4180: a name with a comma or quote stands in quotes.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::uint64_t ProviderCounts::deferred() const {
  return std::accumulate(deferrals.begin(), deferrals.end(), std::uint64_t{0});
}

void ProviderCounts::add(const ProviderCounts& other) {
  messages += other.messages;
  delivered += other.delivered;
  bounced += other.bounced;
  expired += other.expired;
  queued += other.queued;
  attempts += other.attempts;
  attempts_most = std::max(attempts_most, other.attempts_most);
  for (std::size_t i = 0; i < reason_count; ++i) {
    deferrals.at(i) += other.deferrals.at(i);
    bounces.at(i) += other.bounces.at(i);
  }
  delay.merge(other.delay);
  connections += other.connections;
  connections_failed += other.connections_failed;
  connections_reused += other.connections_reused;
  connections_stale += other.connections_stale;
  blocked += other.blocked;
  add_hours(hours, other.hours);
}

ProviderCounts Counts::all() const {
  ProviderCounts out;
  out.name = "all";
  for (const ProviderCounts& one : providers) out.add(one);
  return out;
}

std::string day_and_time(base::Duration since_begin) {
  using std::chrono::hours;
  using std::chrono::minutes;
  const auto day = since_begin / hours(24);
  const auto hour = since_begin % hours(24) / hours(1);
  const auto minute = since_begin % hours(1) / minutes(1);
  return fmt::format("day {}, {:02}:{:02}", day + 1, hour, minute);
}

std::string hours_csv(const Counts& counts) {
  std::string out = "time,provider,arrived,delivered,bounced,expired,deferred,queued\n";
  std::vector<ProviderCounts> lines = counts.providers;
  lines.push_back(counts.all());
  for (std::size_t hour = 0; hour < lines.back().hours.size(); ++hour) {
    const std::string time = base::format_time(begin_of_time + std::chrono::hours(hour));
    for (const ProviderCounts& line : lines) {
      const Hour& one = line.hours.at(hour);
      out += fmt::format("{},{},{},{},{},{},{},{}\n", time, field(line.name), one.arrived,
                         one.delivered, one.bounced, one.expired, one.deferred, one.queued);
    }
  }
  return out;
}

}  // namespace simulate
