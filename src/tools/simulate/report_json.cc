// See report.h: for programs.
#include <boost/json.hpp>

#include "tools/bench/report.h"
#include "tools/simulate/comparison.h"
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

json::array of_providers(const Counts& counts) {
  json::array out;
  for (const ProviderCounts& one : counts.providers) out.push_back(of_provider(one));
  return out;
}

json::object of_figures(const Figures& figures) {
  return {{"message_bytes", figures.message_bytes},
          {"in", figures.octets_in},
          {"out", figures.octets_out},
          {"reports", figures.report_octets},
          {"failure_reports", figures.failure_reports},
          {"delay_reports", figures.delay_reports},
          {"put_off_at_the_door", figures.put_off_at_the_door},
          {"lost", figures.lost},
          {"damaged", figures.damaged},
          {"duplicates", figures.duplicates},
          {"duplicates_in_doubt", figures.duplicates_in_doubt},
          {"disk_bytes_most", figures.disk_bytes_most}};
}

void add_bytes(json::object& out, const Counts& counts, const ByteResult& bytes) {
  json::object apart_by_name;
  for (const Apart& one : apart(counts, bytes.schedule)) apart_by_name[one.name] = one.share;
  out["octets"] = of_figures(bytes.figures);
  out["schedule_level"] = json::object{{"all", of_provider(bytes.schedule.all())},
                                       {"providers", of_providers(bytes.schedule)},
                                       {"apart", std::move(apart_by_name)}};
  const Machine& machine = bytes.machine;
  out["machine"] =
      json::object{{"seconds", seconds(machine.took)},
                   {"processor_seconds", seconds(machine.processor)},
                   {"messages_per_second", bench::per_second(counts.all().messages, machine.took)},
                   {"memory_bytes", machine.memory_bytes}};
}

}  // namespace

std::string result_json(const Asked& asked, const Counts& counts,
                        const std::vector<std::string>& wrong, const ByteResult* bytes) {
  json::object out{{"scenario", asked.scenario},
                   {"settings", asked.settings},
                   {"seed", asked.seed},
                   {"days", asked.mail.days},
                   {"domains", asked.mail.domains},
                   {"cut", asked.cut},
                   {"all", of_provider(counts.all())},
                   {"providers", of_providers(counts)},
                   {"ended_days", seconds(counts.ended) / 86'400},
                   {"queue_most", counts.queue_most},
                   {"queue_most_days", seconds(counts.queue_most_at) / 86'400},
                   {"queued_after_last", counts.queued_after_last},
                   {"attempts_most_at_once", counts.attempts_most_at_once},
                   {"delay_notices", counts.delay_notices},
                   {"checks", counts.checks},
                   {"wrong", json::array(wrong.begin(), wrong.end())}};
  if (bytes != nullptr) add_bytes(out, counts, *bytes);
  return json::serialize(out) + "\n";
}

}  // namespace simulate
