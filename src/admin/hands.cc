// See hands.h.
#include "admin/hands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <ranges>

#include "lib/base/size.h"
#include "lib/base/text.h"
#include "lib/http/message.h"
#include "trace/line.h"

namespace admin {
namespace {

using Severity = Hand::Severity;

constexpr std::size_t reply_bytes_max = 200;
constexpr std::size_t logins_shown = 5;
constexpr std::uint64_t disk_part_min = 20;  // a twentieth of the disk

// What the overview sees for itself, and newer than the doctor.
constexpr std::array<std::string_view, 5> seen_here = {"queue-trouble", "queue-size", "queue-age",
                                                       "disk-space", "tls-expiry"};

std::string plural(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

// In whole hours or days: nobody waits for minutes here.
std::string age_text(base::Duration age) {
  if (age >= std::chrono::hours(48)) {
    return fmt::format("{} days", std::chrono::floor<std::chrono::days>(age).count());
  }
  return plural(static_cast<std::size_t>(std::chrono::floor<std::chrono::hours>(age).count()),
                "hour");
}

void add_queue(const Facts& facts, std::vector<Hand>& out) {
  if (!facts.trouble.empty()) {
    out.push_back({.kind = "queue",
                   .severity = Severity::error,
                   .text = "No mail can be accepted: " + facts.trouble,
                   .remedy = "Look at disk and log; after a failed write only a restart opens the "
                             "queue again.",
                   .link = "/admin/log?severity=error"});
  }
  for (const std::string& note : facts.notes) {
    out.push_back({.kind = "part",
                   .severity = Severity::warning,
                   .text = note,
                   .remedy = "Mail goes on; the log says when it began and why.",
                   .link = "/admin/log?severity=warning"});
  }
}

void add_disk(const Facts& facts, std::vector<Hand>& out) {
  if (!disk_is_short(facts)) return;
  const bool closed = facts.disk_free < facts.disk_reserve;
  out.push_back(
      {.kind = "disk",
       .severity = closed ? Severity::error : Severity::warning,
       .text = fmt::format("{} of {} are free on the disk of the queue{}",
                           base::format_size(facts.disk_free), base::format_size(facts.disk_total),
                           closed ? "; mail is refused for now" : ""),
       .remedy = fmt::format("Make room, or enlarge the disk: below {} (queue.disk_reserve_bytes) "
                             "no mail is taken.",
                             base::format_size(facts.disk_reserve)),
       .link = "/admin/doctor"});
}

void add_certificate(const Facts& facts, std::vector<Hand>& out) {
  if (!facts.certificate_end) return;
  const base::Duration left = *facts.certificate_end - facts.now;
  if (left >= certificate_warning) return;
  const bool over = left <= base::Duration(0);
  out.push_back({.kind = "certificate",
                 .severity = left < certificate_error ? Severity::error : Severity::warning,
                 .text = over ? "The certificate has ended: programs refuse to connect"
                              : "The certificate ends in " + age_text(left),
                 .remedy = "`stagepost certificate show` says why it was not renewed; `stagepost "
                           "certificate order` tries now.",
                 .link = "/admin/doctor"});
}

void add_destinations(const Facts& facts, std::vector<Hand>& out) {
  for (const queue::DestinationSummary& line : facts.queue.troubled) {
    const base::Duration age = facts.now - line.oldest.made();
    std::string text =
        fmt::format("{} for {} wait{}, the oldest for {}", plural(line.messages, "message"),
                    trace::escaped(line.key), line.messages == 1 ? "s" : "", age_text(age));
    if (!line.last_reply.empty()) {
      text += ": " + base::printable(line.last_reply, reply_bytes_max);
    }
    out.push_back({.kind = "destination",
                   .severity = line.failures > 0 ? Severity::warning : Severity::notice,
                   .text = std::move(text),
                   .remedy = "When its cause has ended: `stagepost queue retry --destination " +
                             trace::escaped(line.key) + "`.",
                   .link = "/admin/queue?destination=" + http::percent_encode(line.key)});
  }
}

// By reason: what a limit held has another remedy than what an operator held.
void add_held(const Facts& facts, std::vector<Hand>& out) {
  std::map<std::string, std::size_t> by_reason;
  for (const queue::Summary& one : facts.queue.held) ++by_reason[one.hold_reason];
  const bool all_known = facts.queue.held.size() >= facts.queue.census.counts.held;
  for (const auto& [reason, count] : by_reason) {
    const bool limit = reason.starts_with(policy::held_by_limit);
    std::string text =
        fmt::format("{}{} held{}", all_known || by_reason.size() > 1 ? "" : "At least ",
                    plural(count, "message") + (count == 1 ? " is" : " are"),
                    reason.empty() ? "" : ": " + base::printable(reason, reply_bytes_max));
    out.push_back({.kind = limit ? "limit" : "held",
                   .severity = limit ? Severity::warning : Severity::notice,
                   .text = std::move(text),
                   .remedy = limit
                                 ? "Is it the account's owner who sends? Then `stagepost limits "
                                   "release`, else change the password and `limits purge`."
                                 : "Look at them, then release or remove each: nothing else will.",
                   .link = "/admin/messages?state=held"});
  }
}

void add_accounts(const Facts& facts, std::vector<Hand>& out) {
  for (const policy::Usage& account : facts.accounts) {
    if (!account.braked) continue;
    out.push_back({.kind = "limit",
                   .severity = Severity::error,
                   .text = fmt::format("All mail of {} is held: {}",
                                       base::printable(account.account), account.brake_reason),
                   .remedy = "A password may be stolen: change it and `stagepost limits purge`; if "
                             "all is well, `stagepost limits release`.",
                   .link = "/admin/limits"});
  }
}

void add_bans(const Facts& facts, std::vector<Hand>& out) {
  for (const policy::ClosedLogin& one : facts.closed_logins | std::views::take(logins_shown)) {
    out.push_back({.kind = "ban",
                   .severity = Severity::notice,
                   .text = fmt::format("The log-in {} is closed to unknown places: {}",
                                       base::printable(one.login), one.why),
                   .remedy = "It opens by itself; its owner goes on from known places. At once: "
                             "`stagepost ban lift`.",
                   .link = "/admin/limits"});
  }
  if (facts.bans == 0) return;
  out.push_back({.kind = "ban",
                 .severity = Severity::notice,
                 .text = plural(facts.bans, "network") + (facts.bans == 1 ? " is" : " are") +
                         " shut out for guessing passwords, or by an operator",
                 .remedy = "Nothing, unless one of them is yours: `stagepost ban lift ADDRESS`.",
                 .link = "/admin/limits"});
}

void add_doctor(const Facts& facts, std::vector<Hand>& out) {
  if (!facts.doctor) return;
  std::size_t added = 0;
  for (const doctor::Kept& one : facts.doctor->findings) {
    if (!doctor::is_trouble(one.severity) || added >= doctor_max) continue;
    if (std::ranges::find(seen_here, one.id) != seen_here.end()) continue;
    ++added;
    const bool mend = one.severity == doctor::Severity::mend;
    out.push_back({.kind = "doctor",
                   .severity = mend ? Severity::error : Severity::warning,
                   .text = one.about.empty() ? one.what : one.about + ": " + one.what,
                   .remedy = one.remedy.empty() ? "`stagepost doctor` says how, with the text to "
                                                  "paste."
                                                : one.remedy,
                   .link = "/admin/doctor#" + one.id});
  }
}

}  // namespace

std::string_view to_string(Hand::Severity severity) {
  constexpr std::array<std::string_view, 3> names = {"error", "warning", "notice"};
  return names.at(static_cast<std::size_t>(severity));
}

bool disk_is_short(const Facts& facts) {
  if (facts.disk_total == 0) return false;
  return facts.disk_free < 2 * facts.disk_reserve ||
         facts.disk_free < facts.disk_total / disk_part_min;
}

std::vector<Hand> hands_of(const Facts& facts) {
  std::vector<Hand> all;
  add_queue(facts, all);
  add_disk(facts, all);
  add_certificate(facts, all);
  add_accounts(facts, all);
  add_destinations(facts, all);
  add_held(facts, all);
  add_doctor(facts, all);
  add_bans(facts, all);
  std::vector<Hand> out;
  for (const Severity severity : {Severity::error, Severity::warning, Severity::notice}) {
    for (Hand& one : all) {
      if (one.severity == severity && out.size() < hands_max) out.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace admin
