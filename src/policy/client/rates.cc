// See rates.h.
#include "policy/client/rates.h"

#include <algorithm>
#include <vector>

namespace policy {
namespace {

struct Limit {
  std::uint32_t max = 0;
  base::Duration period{};
};

Limit limit_of(Act act, const RateSettings& settings) {
  constexpr base::Duration minute = std::chrono::minutes(1);
  switch (act) {
    case Act::connection: return {.max = settings.connections_per_minute_max, .period = minute};
    case Act::message: return {.max = settings.messages_per_minute_max, .period = minute};
    case Act::recipient: return {.max = settings.recipients_per_minute_max, .period = minute};
    case Act::unknown_recipient: break;
  }
  return {.max = settings.unknown_recipients_per_hour_max, .period = std::chrono::hours(1)};
}

}  // namespace

std::string_view to_string(Act act) {
  switch (act) {
    case Act::connection: return "connections";
    case Act::message: return "messages";
    case Act::recipient: return "recipients";
    case Act::unknown_recipient: break;
  }
  return "unknown recipients";
}

std::optional<TooOften> Rates::take(const io::IpAddress& client, Act act,
                                    const RateSettings& settings, base::Instant now) {
  return ask(client, act, settings, now, 1);
}

std::optional<TooOften> Rates::look(const io::IpAddress& client, Act act,
                                    const RateSettings& settings, base::Instant now) {
  return ask(client, act, settings, now, 0);
}

std::size_t Rates::tracked() const {
  std::size_t count = 0;
  for (const Shard& shard : shards_) {
    const std::scoped_lock lock(shard.mutex);
    count += shard.table.size();
  }
  return count;
}

std::optional<TooOften> Rates::ask(const io::IpAddress& client, Act act,
                                   const RateSettings& settings, base::Instant now, double taken) {
  const Limit limit = limit_of(act, settings);
  if (limit.max == 0) return std::nullopt;
  const io::IpNetwork around = network_of(client);
  Shard& shard = shards_.at(NetworkHash()(around) % shards);
  const std::scoped_lock lock(shard.mutex);
  if (shard.table.size() + 2 > std::max<std::size_t>(settings.tracked_max / shards, 2)) {
    make_room(shard, settings, now);
  }
  struct Rung {
    io::IpNetwork who;
    double factor = 1;
    Bucket* bucket = nullptr;
  };
  std::array rungs = {Rung{.who = unit_of(client)},
                      Rung{.who = around, .factor = std::max<double>(1, settings.network_factor)}};
  for (Rung& rung : rungs) {
    rung.bucket = &shard.table[rung.who].at(static_cast<std::size_t>(act));
    const double max = limit.max * rung.factor;
    const double used = rung.bucket->at(now, max, limit.period);
    if (used + 1 <= max) continue;
    const double missing = (used + 1 - max) / max * static_cast<double>(limit.period.count());
    return TooOften{.who = rung.who,
                    .max = static_cast<std::uint32_t>(max),
                    .period = limit.period,
                    .wait = base::Duration(static_cast<std::int64_t>(missing))};
  }
  for (const Rung& rung : rungs) {
    Bucket& bucket = *rung.bucket;
    bucket.used = bucket.at(now, limit.max * rung.factor, limit.period) + taken;
    bucket.seen = now;
  }
  return std::nullopt;
}

// Without those whose buckets are full again; if that is not enough, without the quarter that was
// longest unseen.
void Rates::make_room(Shard& shard, const RateSettings& settings, base::Instant now) {
  const auto last_seen = [](const Buckets& buckets) {
    return std::ranges::max(buckets, {}, &Bucket::seen).seen;
  };
  std::erase_if(shard.table, [&](const auto& entry) {
    for (std::size_t i = 0; i < acts; ++i) {
      const Limit limit = limit_of(static_cast<Act>(i), settings);
      const Bucket& bucket = entry.second.at(i);
      if (limit.max > 0 && bucket.at(now, limit.max, limit.period) > 0) return false;
    }
    return true;
  });
  if (shard.table.size() <= settings.tracked_max / shards * 3 / 4) return;
  std::vector<base::Instant> times;
  times.reserve(shard.table.size());
  for (const auto& [network, buckets] : shard.table) times.push_back(last_seen(buckets));
  const auto quarter = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 4);
  std::ranges::nth_element(times, quarter);
  std::erase_if(shard.table, [&](const auto& e) { return last_seen(e.second) <= *quarter; });
}

}  // namespace policy
