// See report.h: for programs.
#include <boost/json.hpp>

#include "tools/simulate/report.h"

namespace simulate {
namespace {

namespace json = boost::json;

double seconds(base::Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

json::object by_reason(const std::array<std::uint64_t, reason_count>& counts) {
  json::object out;
  for (std::size_t reason = 0; reason < reason_count; ++reason) {
    if (counts.at(reason) == 0) continue;
    out[reason_name(static_cast<Reason>(reason))] = counts.at(reason);
  }
  return out;
}

json::object of_provider(const ProviderCounts& one) {
  return {{"name", one.name},
          {"messages", one.messages},
          {"delivered", one.delivered},
          {"bounced", one.bounced},
          {"expired", one.expired},
          {"queued", one.queued},
          {"delay_seconds", json::object{{"p50", seconds(one.delay.percentile(0.5))},
                                         {"p90", seconds(one.delay.percentile(0.9))},
                                         {"p99", seconds(one.delay.percentile(0.99))},
                                         {"max", seconds(one.delay.max())}}},
          {"attempts", one.attempts},
          {"attempts_most", one.attempts_most},
          {"deferrals", by_reason(one.deferrals)},
          {"bounces", by_reason(one.bounces)},
          {"connections", one.connections},
          {"connections_reused", one.connections_reused},
          {"connections_stale", one.connections_stale},
          {"connections_failed", one.connections_failed},
          {"backoffs", one.blocked}};
}

}  // namespace

std::string result_json(const Asked& asked, const Counts& counts,
                        const std::vector<std::string>& wrong) {
  json::array providers;
  for (const ProviderCounts& one : counts.providers) providers.push_back(of_provider(one));
  const json::object out{{"scenario", asked.scenario},
                         {"settings", asked.settings},
                         {"seed", asked.seed},
                         {"days", asked.mail.days},
                         {"domains", asked.mail.domains},
                         {"cut", asked.cut},
                         {"all", of_provider(counts.all())},
                         {"providers", std::move(providers)},
                         {"ended_days", seconds(counts.ended) / 86'400},
                         {"queue_most", counts.queue_most},
                         {"queue_most_days", seconds(counts.queue_most_at) / 86'400},
                         {"queued_after_last", counts.queued_after_last},
                         {"attempts_most_at_once", counts.attempts_most_at_once},
                         {"delay_notices", counts.delay_notices},
                         {"checks", counts.checks},
                         {"wrong", json::array(wrong.begin(), wrong.end())}};
  return json::serialize(out) + "\n";
}

}  // namespace simulate
