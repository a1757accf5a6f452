// See traffic_checks.h.
#include "admin/doctor/traffic_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"

namespace doctor {
namespace {

constexpr std::size_t destinations_shown = 3;
constexpr std::size_t reply_bytes_max = 120;
constexpr base::Duration age_note = std::chrono::hours(4);
constexpr base::Duration age_warning = std::chrono::hours(24);
constexpr std::size_t messages_warning = 50'000;
constexpr base::Duration day = std::chrono::hours(24);
constexpr base::Duration week = 7 * day;
constexpr std::uint64_t sent_min = 50;  // of fewer a rate says nothing
constexpr double bounces_warning = 0.05;
constexpr double bounces_mend = 0.15;
// What large receivers publish as the rate of complaints that they want, and the one that they act
// at.
constexpr double complaints_warning = 0.001;
constexpr double complaints_mend = 0.003;

struct Sums {
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;
  [[nodiscard]] std::uint64_t all() const { return delivered + failed; }
};

Sums sums_since(const History& history, base::Time since) {
  Sums sums;
  for (const Sample& sample : history.samples) {
    if (sample.when < since) continue;
    sums.delivered += sample.delivered;
    sums.failed += sample.failed;
  }
  return sums;
}

double part(std::uint64_t of, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<double>(of) / static_cast<double>(all);
}

// Those whose messages are not all held by an operator, the oldest first.
std::vector<queue::DestinationSummary> waiting(std::vector<queue::DestinationSummary> all) {
  std::erase_if(all, [](const queue::DestinationSummary& line) {
    return line.held == line.messages || !line.oldest;
  });
  std::ranges::sort(all, {},
                    [](const queue::DestinationSummary& line) { return line.oldest.made(); });
  return all;
}

}  // namespace

std::span<const HostCheck> traffic_checks() {
  static constexpr std::array<HostCheck, 6> checks = {check_queue_trouble, check_queue_size,
                                                      check_queue_age,     check_relay_login,
                                                      check_bounces,       check_complaints};
  return checks;
}

io::Task<Findings> check_queue_trouble(io::Ref<const Ground> ground) {
  if (ground->queues == nullptr) co_return Findings();
  const std::string trouble = co_await ground->queues->trouble();
  Finding finding{.id = "queue-trouble", .about = {}, .what = "mail can be put into the queue"};
  if (!trouble.empty()) {
    finding.severity = Severity::mend;
    finding.what = trouble;
    finding.remedy = "look at disk and log; after a failed write only a restart opens the queue";
    finding.paste = "journalctl -u stagepost -p warning; systemctl restart stagepost";
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_queue_size(io::Ref<const Ground> ground) {
  if (ground->queues == nullptr) co_return Findings();
  const auto all = co_await ground->queues->destinations();
  std::size_t messages = 0;
  std::size_t held = 0;
  for (const queue::DestinationSummary& line : all) {
    messages += line.messages;
    held += line.held;
  }
  Finding finding{.id = "queue-size", .about = {}, .what = {}};
  finding.what =
      fmt::format("{} wait for {} destinations, {} of them held", messages, all.size(), held);
  if (messages > messages_warning) {
    finding.severity = Severity::warning;
    finding.remedy = "look what they are: a stolen password sends as much";
    finding.paste = "stagepost queue list --by-destination; stagepost limits show";
  } else if (held > 0) {
    finding.severity = Severity::note;
    finding.remedy = "what is held waits for your word";
    finding.paste = "stagepost queue list";
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_queue_age(io::Ref<const Ground> ground) {
  if (ground->queues == nullptr) co_return Findings();
  const auto lines = waiting(co_await ground->queues->destinations());
  const base::Time now = ground->doors.clock.wall();
  Findings findings;
  for (const queue::DestinationSummary& line : lines) {
    const base::Duration age = now - line.oldest.made();
    if (findings.size() >= destinations_shown || age < age_note) break;
    findings.push_back({.id = "queue-age",
                        .about = line.key,
                        .severity = age < age_warning ? Severity::note : Severity::warning,
                        .what = fmt::format("the oldest of {} messages waits for {}", line.messages,
                                            base::format_duration(age)),
                        .remedy = "when its cause has ended, send now",
                        .paste = "stagepost queue retry --destination " + line.key});
    if (!line.last_reply.empty()) {
      findings.back().what += ": " + base::printable(line.last_reply, reply_bytes_max);
    }
  }
  if (findings.empty()) {
    findings.push_back({.id = "queue-age", .about = {}, .what = "nothing waits for long"});
  }
  co_return findings;
}

// What delivery/login.cc says of a relay host that refuses us, that may not be shown the password,
// or whose password cannot be read here.
io::Task<Findings> check_relay_login(io::Ref<const Ground> ground) {
  if (ground->queues == nullptr) co_return Findings();
  constexpr std::array<std::string_view, 3> codes = {"451 4.7.8 ", "451 4.7.0 ", "451 4.3.5 "};
  Findings findings;
  for (const queue::DestinationSummary& line : co_await ground->queues->destinations()) {
    if (findings.size() >= destinations_shown) break;
    if (!line.key.starts_with("relay:") || line.messages == 0) continue;
    if (std::ranges::none_of(
            codes, [&](std::string_view code) { return line.last_reply.starts_with(code); })) {
      continue;
    }
    findings.push_back(
        {.id = "relay-login",
         .about = line.key,
         .severity = Severity::mend,
         .what = fmt::format("{} messages wait: {}", line.messages,
                             base::printable(line.last_reply, 2 * reply_bytes_max)),
         .remedy = "mend user, password or plain_auth of its [[route]], then send now",
         .paste = "stagepost check; stagepost queue retry --destination " + line.key});
  }
  if (findings.empty()) {
    findings.push_back({.id = "relay-login", .about = {}, .what = "no relay host refuses us"});
  }
  co_return findings;
}

io::Task<Findings> check_bounces(io::Ref<const Ground> ground) {
  const Sums sums = sums_since(ground->history, ground->doors.clock.wall() - day);
  Finding finding{.id = "bounces", .about = {}, .what = {}};
  const double rate = part(sums.failed, sums.all());
  finding.what = fmt::format("{} of {} recipients at other servers failed within a day ({:.1f} %)",
                             sums.failed, sums.all(), 100 * rate);
  if (sums.all() < sent_min) {
    finding.what += ": too few to judge";
  } else if (rate > bounces_mend) {
    finding.severity = Severity::mend;
  } else if (rate > bounces_warning) {
    finding.severity = Severity::warning;
  }
  if (is_trouble(finding.severity)) {
    finding.remedy = "find who writes to addresses that do not exist, and clean that list";
    finding.paste = "stagepost limits show; stagepost queue list --by-destination";
  }
  co_return one(std::move(finding));
}

// Feedback of type "abuse" (RFC 5965) that came to our inbox for reports.
io::Task<Findings> check_complaints(io::Ref<const Ground> ground) {
  if (ground->reports == nullptr) co_return Findings();
  const base::Time since = ground->doors.clock.wall() - week;
  Finding finding{.id = "complaints", .about = {}, .what = {}};
  if (ground->config.report.reports.in.inboxes.empty()) {
    finding.severity = Severity::unknown;
    finding.what = "no mailbox takes reports, so nobody's complaint is counted";
    finding.remedy = "name one, and tell it to the feedback loops of the large receivers";
    finding.paste = "[reports]\ninboxes = [\"postmaster@example.org\"]";
    co_return one(std::move(finding));
  }
  const auto found = co_await io::on_pool(ground->doors.pool, [reports = ground->reports, since] {
    return reports->with_store([since](report::ReportStore& store) {
      return store.summary({.domain = {}, .since = since});
    });
  });
  if (!found) {
    finding.severity = Severity::unknown;
    finding.what = found.error().text();
    co_return one(std::move(finding));
  }
  std::uint64_t complaints = 0;
  for (const report::SummaryLine& line : *found) {
    const bool abuse =
        line.kind == report::ReportKind::failure && base::icontains(line.results, "abuse");
    if (abuse) complaints += line.count;
  }
  const std::uint64_t sent = sums_since(ground->history, since).delivered;
  const double rate = part(complaints, std::max(sent, complaints));
  finding.what = fmt::format("{} complaints about {} delivered within a week", complaints, sent);
  if (complaints == 0) co_return one(std::move(finding));
  finding.severity = Severity::note;
  if (sent >= sent_min && rate > complaints_mend) {
    finding.severity = Severity::mend;
  } else if (sent >= sent_min && rate > complaints_warning) {
    finding.severity = Severity::warning;
  }
  finding.remedy = "read them, and let people leave a list by one click (RFC 8058)";
  finding.paste = "stagepost report summary --days 7";
  co_return one(std::move(finding));
}

}  // namespace doctor
