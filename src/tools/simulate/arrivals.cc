// See arrivals.h.
#include "tools/simulate/arrivals.h"

#include <cmath>
#include <numbers>

namespace simulate {
namespace {

constexpr std::size_t minutes_per_day = 24UL * 60;
constexpr std::size_t peak = 14UL * 60;
constexpr std::size_t burst_begin = 10UL * 60;
constexpr base::Duration minute = std::chrono::minutes(1);

// The first day is a Monday.
double wave(std::size_t at) {
  const auto apart = static_cast<double>(at % minutes_per_day) - static_cast<double>(peak);
  const double angle = 2 * std::numbers::pi * apart / static_cast<double>(minutes_per_day);
  const bool weekend = at / minutes_per_day % 7 >= 5;
  return (1 + 0.85 * std::cos(angle)) * (weekend ? 0.5 : 1);
}

bool in_burst(const Mail& mail, std::size_t at) {
  if (at < burst_begin) return false;
  return (at - burst_begin) * minute % mail.burst_every < mail.burst_length;
}

std::vector<double> weights(const Mail& mail) {
  std::vector<double> each(mail.days * minutes_per_day, 1.0);
  if (mail.pattern == Pattern::constant) return each;
  double waves = 0;
  std::size_t bursts = 0;  // minutes
  for (std::size_t at = 0; at < each.size(); ++at) {
    each[at] = wave(at);
    waves += each[at];
    bursts += in_burst(mail, at) ? 1 : 0;
  }
  if (mail.pattern == Pattern::daily) return each;
  const double burst = mail.burst_share / static_cast<double>(bursts);
  for (std::size_t at = 0; at < each.size(); ++at) {
    each[at] = each[at] / waves * (1 - mail.burst_share) + (in_burst(mail, at) ? burst : 0);
  }
  return each;
}

}  // namespace

Arrivals::Arrivals(const Mail& mail) {
  const std::vector<double> each = weights(mail);
  double all = 0;
  for (const double weight : each) all += weight;
  double sum = 0;
  for (const double weight : each) {
    sum += weight;
    until_.push_back(static_cast<std::uint64_t>(static_cast<double>(mail.messages) * sum / all));
  }
  until_.back() = mail.messages;  // whatever was rounded away
}

std::optional<base::Duration> Arrivals::next() {
  while (minute_ < until_.size() && come_ >= until_[minute_]) ++minute_;
  if (minute_ == until_.size()) return std::nullopt;
  const std::uint64_t first = minute_ == 0 ? 0 : until_[minute_ - 1];
  const std::uint64_t count = until_[minute_] - first;
  const auto place = static_cast<base::Duration::rep>(come_ - first);
  ++come_;
  return static_cast<base::Duration::rep>(minute_) * minute +
         minute * place / static_cast<base::Duration::rep>(count);
}

}  // namespace simulate
