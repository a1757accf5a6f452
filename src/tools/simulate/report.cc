// See report.h: for people.
#include "tools/simulate/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/time.h"
#include "tools/bench/report.h"

namespace simulate {
namespace {

using bench::with_commas;

constexpr std::size_t name_width = 22;

std::string name_of(const std::string& name) {
  return name.size() <= name_width ? name : name.substr(0, name_width);
}

// Whole seconds, or milliseconds of what is shorter: "3d4h", "12s", "850ms".
std::string delay(base::Duration duration) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  const base::Duration unit =
      duration < seconds(10) ? base::Duration(milliseconds(10)) : seconds(1);
  return base::format_duration(duration / unit * unit);
}

double mean_attempts(const ProviderCounts& one) {
  return one.messages == 0 ? 0
                           : static_cast<double>(one.attempts) / static_cast<double>(one.messages);
}

std::string ends_row(const ProviderCounts& one) {
  return fmt::format("  {:{}}{:>13}{:>13}{:>12}{:>12}{:>12}\n", name_of(one.name), name_width,
                     with_commas(one.messages), with_commas(one.delivered),
                     with_commas(one.bounced), with_commas(one.expired), with_commas(one.queued));
}

std::string delay_row(const ProviderCounts& one) {
  const auto at = [&](double share) {
    return one.delay.count() == 0 ? std::string("-") : delay(one.delay.percentile(share));
  };
  return fmt::format("  {:{}}{:>10}{:>10}{:>10}{:>10}{:>12.2f}{:>8}\n", name_of(one.name),
                     name_width, at(0.5), at(0.9), at(0.99),
                     one.delay.count() == 0 ? "-" : delay(one.delay.max()), mean_attempts(one),
                     one.attempts_most);
}

std::string connection_row(const ProviderCounts& one) {
  return fmt::format("  {:{}}{:>13}{:>13}{:>12}{:>12}{:>12}\n", name_of(one.name), name_width,
                     with_commas(one.connections), with_commas(one.connections_reused),
                     with_commas(one.connections_stale), with_commas(one.connections_failed),
                     with_commas(one.blocked));
}

// Whom a reason concerns, the most concerned first.
std::string reason_rows(const Counts& counts,
                        std::array<std::uint64_t, reason_count> ProviderCounts::* which) {
  std::string out;
  for (std::size_t reason = 0; reason < reason_count; ++reason) {
    std::vector<const ProviderCounts*> concerned;
    std::uint64_t all = 0;
    for (const ProviderCounts& one : counts.providers) {
      all += (one.*which).at(reason);
      if ((one.*which).at(reason) > 0) concerned.push_back(&one);
    }
    if (all == 0) continue;
    // The pointers are in the order of the scenario.
    std::ranges::sort(concerned, {}, [&](const ProviderCounts* one) {
      return std::pair(all - (one->*which).at(reason), one);
    });
    std::string whom;
    for (const ProviderCounts* one : concerned) {
      whom += fmt::format("{}{} {}", whom.empty() ? "" : ", ", one->name,
                          with_commas((one->*which).at(reason)));
    }
    out += fmt::format("  {:{}}{:>13}  {}\n", reason_name(static_cast<Reason>(reason)), name_width,
                       with_commas(all), whom);
  }
  return out.empty() ? "  none\n" : out;
}

std::string table(const Counts& counts, std::string_view head,
                  std::string (*row)(const ProviderCounts&)) {
  std::string out = fmt::format("\n{}\n", head);
  for (const ProviderCounts& one : counts.providers) out += row(one);
  return counts.providers.size() > 1 ? out + row(counts.all()) : out;
}

std::string queue_words(const Asked& asked, const Counts& counts) {
  std::string out = fmt::format(
      "\nThe queue had {} messages at most ({}), {} when the last had arrived; {} {}.\n",
      with_commas(counts.queue_most), day_and_time(counts.queue_most_at),
      with_commas(counts.queued_after_last),
      asked.cut ? "the simulation was cut at" : "the last one ended on",
      day_and_time(counts.ended));
  if (counts.attempts_most_at_once > 0) {  // not known with octets
    out += fmt::format("At most {} attempts at once. ", with_commas(counts.attempts_most_at_once));
  }
  return out + fmt::format("{} senders were told of a delay.\n", with_commas(counts.delay_notices));
}

std::string account_words(const Asked& asked, const Counts& counts,
                          const std::vector<std::string>& wrong) {
  if (wrong.empty()) {
    std::string out =
        fmt::format("Every message {}; none is stuck",
                    asked.cut ? "ended once or is in the queue" : "ended, and ended once");
    if (counts.checks == 0) return out + ".\n";
    return out + fmt::format("; the schedule checked itself {} times.\n", counts.checks);
  }
  std::string out = "WRONG, and a fault of Stagepost; please report it with this command line:\n";
  for (const std::string& one : wrong) out += fmt::format("  {}\n", one);
  return out;
}

}  // namespace

std::string title(const Asked& asked) {
  return fmt::format("{} messages to {} domains in {} days, seed {}",
                     with_commas(asked.mail.messages), with_commas(asked.mail.domains),
                     asked.mail.days, asked.seed);
}

std::string result_text(const Asked& asked, const Counts& counts,
                        const std::vector<std::string>& wrong, const ByteResult* bytes) {
  std::string out = fmt::format("{}\n{}, {}\n", title(asked), asked.scenario, asked.settings);
  out += table(counts,
               "how they ended             messages    delivered     bounced     expired      "
               "queued",
               ends_row);
  out += table(counts,
               "until delivery              p50       p90       p99       max    attempts    most",
               delay_row);
  out += "\ndeferrals\n" + reason_rows(counts, &ProviderCounts::deferrals);
  out += "\nbounces\n" + reason_rows(counts, &ProviderCounts::bounces);
  out += table(counts,
               "connections                  opened       reused       stale     refused     "
               "backoffs",
               connection_row);
  if (bytes != nullptr) out += bytes_text(counts, *bytes);
  return out + queue_words(asked, counts) + account_words(asked, counts, wrong);
}

}  // namespace simulate
