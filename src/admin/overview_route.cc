// See views.h. The overview: is all well, what waits, what came and went today, what needs a hand.
#include <boost/json.hpp>

#include "admin/api.h"
#include "admin/doctor/doctor.h"
#include "admin/hands.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"

namespace admin {
namespace {

using boost::json::array;
using boost::json::object;

class Overview {
 public:
  explicit Overview(Parts& parts) : parts_(parts), picture_(parts.queues, parts.doors.clock) {}

  io::Task<http::Response> show() {
    const base::Time now = parts_.doors.clock.wall();
    auto facts = co_await find_out(now);
    if (!facts) co_return error_response(facts.error());
    const flow::Moment moment{.wall = now, .steady = parts_.doors.clock.now()};
    const auto today = co_await io::on_pool(
        parts_.doors.pool, [flow = parts_.views.flow, moment] { return flow->today(moment); });
    if (!today) co_return error_response(today.error());
    object out{{"hostname", parts_.views.config()->session.hostname},
               {"version", parts_.views.version},
               {"started", base::format_time(parts_.views.started)},
               {"now", base::format_time(now)},
               {"health", health_json(*facts)},
               {"queue", queue_json(facts->queue.census, now)},
               {"today", today_json(*today)},
               {"hands", hands_json(*facts)},
               {"disk", nullptr},
               {"certificate", nullptr}};
    if (facts->disk_total > 0) {
      out["disk"] = object{{"free_bytes", facts->disk_free}, {"total_bytes", facts->disk_total}};
    }
    if (facts->certificate_end) {
      out["certificate"] = object{{"not_after", base::format_time(*facts->certificate_end)}};
    }
    co_return http::json_response(200, boost::json::serialize(out));
  }

 private:
  io::Task<base::Result<Facts>> find_out(base::Time now) {
    Facts facts;
    facts.now = now;
    facts.trouble = co_await parts_.queues.trouble();
    add_notes(facts);
    const auto picture = co_await picture_.get();
    if (!picture) co_return std::unexpected(picture.error());
    facts.queue = **picture;
    co_await look_at_disk(facts);
    if (parts_.certificates != nullptr) {
      const auto state = co_await parts_.certificates->state(false);
      if (state && state->facts.not_after != base::Time()) {
        facts.certificate_end = state->facts.not_after;
      }
    }
    if (parts_.examiner != nullptr) facts.doctor = co_await parts_.examiner->kept();
    facts.accounts = parts_.state.ledger().all(now);
    facts.bans = parts_.state.guard().bans(now).size();
    facts.closed_logins = parts_.state.guard().closed_logins(now);
    co_return facts;
  }

  void add_notes(Facts& facts) const {
    if (parts_.directory_note) {
      if (std::string note = parts_.directory_note(); !note.empty()) {
        facts.notes.push_back(std::move(note));
      }
    }
    if (parts_.signing.keys == nullptr) return;
    const std::string& trouble = parts_.signing.keys->ring()->trouble();
    if (!trouble.empty()) facts.notes.push_back(trouble);
  }

  io::Task<void> look_at_disk(io::Ref<Facts> facts) {
    const auto config = parts_.views.config();
    facts->disk_reserve = config->queue.disk_reserve_bytes;
    const std::string& folder = config->queue.journal_folder;
    const auto free = co_await io::on_pool(
        parts_.doors.pool,
        [files = &parts_.doors.files, folder] { return files->free_bytes(folder); });
    const auto total = parts_.views.machine->total_bytes(folder);
    if (!free || !total) co_return;
    facts->disk_free = *free;
    facts->disk_total = *total;
  }

  static object health_json(const Facts& facts) {
    array reasons;
    if (!facts.trouble.empty()) reasons.emplace_back(facts.trouble);
    for (const std::string& note : facts.notes) reasons.emplace_back(note);
    if (facts.trouble.empty() && disk_is_short(facts)) {
      reasons.emplace_back("little room is left on the disk of the queue");
    }
    const bool down = !facts.trouble.empty();
    const std::string_view state = down ? "down" : reasons.empty() ? "ready" : "degraded";
    return {{"state", state}, {"reasons", std::move(reasons)}};
  }

  static object queue_json(const QueueCensus& census, base::Time now) {
    const queue::Census& counts = census.counts;
    object out{
        {"messages", counts.messages},   {"bytes", census.bytes},    {"due", counts.due},
        {"deferred", counts.deferred},   {"held", counts.held},      {"active", counts.active},
        {"scheduled", counts.scheduled}, {"oldest_seconds", nullptr}};
    if (counts.oldest) {
      const base::Duration age = std::max(now - counts.oldest.made(), base::Duration(0));
      out["oldest_seconds"] = std::chrono::floor<std::chrono::seconds>(age).count();
    }
    return out;
  }

  static object today_json(const flow::Counts& counts) {
    object out;
    for (std::size_t i = 0; i < flow::kinds; ++i) {
      out[std::string(flow::kind_names.at(i))] = counts.of.at(i);
    }
    return out;
  }

  static array hands_json(const Facts& facts) {
    array out;
    for (const Hand& one : hands_of(facts)) {
      out.push_back(object{{"kind", one.kind},
                           {"severity", to_string(one.severity)},
                           {"text", one.text},
                           {"remedy", one.remedy},
                           {"link", one.link}});
    }
    return out;
  }

  Parts& parts_;
  QueuePicture picture_;
};

}  // namespace

void add_overview_route(http::Router& router, Parts& parts) {
  const auto overview = std::make_shared<Overview>(parts);
  router.add("GET", "/api/v1/overview", [overview](http::Request) { return overview->show(); });
}

}  // namespace admin
