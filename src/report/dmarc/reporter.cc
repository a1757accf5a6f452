// See reporter.h.
#include "report/dmarc/reporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "lib/mailauth/dkim_crypto.h"

namespace report {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

base::Time start_of(std::int64_t day) { return base::Time(days(day)); }

// The same for the same report, whenever it is built; nobody else can foretell it.
std::string make_report_id(std::string_view secret, std::string_view domain, base::Time begin,
                           base::Time end) {
  constexpr std::size_t id_octets = 16;
  const std::string all =
      fmt::format("{} {} {} {}", secret, domain, begin.time_since_epoch().count(),
                  end.time_since_epoch().count());
  return base::hex(mailauth::sha256(all).substr(0, id_octets));
}

// The part of `spread` after which this domain's report goes; always the same (FNV-1a).
base::Duration spread_of(std::string_view domain, base::Duration spread) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : domain) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  constexpr std::uint64_t steps = 1'000;
  return spread / static_cast<std::int64_t>(steps) * static_cast<std::int64_t>(hash % steps);
}

Submitter submitter_of(const OutgoingSettings& settings, std::string hostname) {
  Submitter out;
  if (auto address = message::parse_address(settings.address)) out.from = std::move(*address);
  out.domain = message::domain_key(out.from.domain);
  out.hostname = std::move(hostname);
  return out;
}

std::string joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, "; "));
}

}  // namespace

base::Time Reporter::due_at(const PeriodKey& key) const {
  const auto settings = parts_.reports.settings();
  return start_of(key.day + 1) + hours(settings->out.hour) +
         spread_of(key.domain, settings->out.spread);
}

io::Task<void> Reporter::run() {
  while (co_await io::sleep_for(parts_.doors.clock, look_every)) {
    if (parts_.reports.settings()->out.address.empty() || sending_) continue;
    sending_ = true;
    co_await send_due();
    sending_ = false;
  }
}

io::Task<base::Result<std::vector<OpenPeriod>>> Reporter::periods() {
  Reports* reports = &parts_.reports;
  co_return co_await io::on_pool(
      parts_.doors.pool, [reports]() -> base::Result<std::vector<OpenPeriod>> {
        if (auto saved = reports->save(); !saved) return std::unexpected(saved.error());
        return reports->with_store([](ReportStore& store) { return store.open_periods(); });
      });
}

io::Task<void> Reporter::send_due() {
  auto open = co_await periods();
  if (!open) co_return;  // save() told of it
  for (OpenPeriod& period : *open) {
    const base::Time now = parts_.doors.clock.wall();
    const auto again = again_.find(period.key);
    if (now < due_at(period.key) || (again != again_.end() && now < again->second)) continue;
    const auto sent = co_await send_one(std::move(period), false);
    if (!sent && sent.error().kind == base::ErrorKind::cancelled) co_return;
  }
}

io::Task<base::Result<std::vector<SendResult>>> Reporter::send(SendWish wish) {
  if (parts_.reports.settings()->out.address.empty()) {
    co_return base::fail(base::ErrorKind::invalid,
                         "no reports are sent: set [reports] address to an address of a domain "
                         "that this server signs for");
  }
  if (sending_) co_return base::fail(base::ErrorKind::busy, "reports are being sent just now");
  auto open = co_await periods();
  if (!open) co_return std::unexpected(open.error());
  sending_ = true;
  std::vector<SendResult> out;
  const std::int64_t today = day_of(parts_.doors.clock.wall());
  for (OpenPeriod& period : *open) {
    if (!wish.domain.empty() && period.key.domain != wish.domain) continue;
    if (period.key.day >= today && !wish.today) continue;
    auto sent = co_await send_one(std::move(period), wish.dry_run);
    if (!sent) {
      sending_ = false;
      co_return std::unexpected(sent.error());
    }
    out.push_back(std::move(*sent));
  }
  sending_ = false;
  co_return out;
}

io::Task<base::Result<Reporter::Prepared>> Reporter::prepare(OpenPeriod period) {
  Reports* reports = &parts_.reports;
  const base::Time now = parts_.doors.clock.wall();
  co_return co_await io::on_pool(
      parts_.doors.pool, [reports, now, period = std::move(period)]() -> base::Result<Prepared> {
        const auto settings = reports->settings();
        Prepared out;
        out.period = period;
        auto rows = reports->with_store([&](ReportStore& store) { return store.rows(period.key); });
        if (!rows) return std::unexpected(rows.error());
        auto secret = reports->with_store([](ReportStore& store) { return store.secret(); });
        if (!secret) return std::unexpected(secret.error());
        const base::Time end = std::min(start_of(period.key.day + 1), now);
        const Submitter submitter = submitter_of(settings->out, reports->hostname());
        AggregateReport& report = out.report;
        report.organization =
            settings->out.organization.empty() ? submitter.domain : settings->out.organization;
        report.contact =
            settings->out.contact.empty() ? submitter.from.text() : settings->out.contact;
        report.begin = period.begin;
        report.end = std::max(period.begin, end - seconds(1));
        report.report_id = make_report_id(*secret, period.key.domain, report.begin, report.end);
        report.dropped = period.dropped;
        report.policy = period.policy;
        report.rows = std::move(*rows);
        out.xml = write_aggregate_xml(report);
        auto compressed = gzip(out.xml);
        if (!compressed) return std::unexpected(compressed.error());
        out.compressed = std::move(*compressed);
        return out;
      });
}

io::Task<base::Result<SendResult>> Reporter::send_one(OpenPeriod period, bool dry_run) {
  auto prepared = co_await prepare(period);
  if (!prepared) co_return std::unexpected(prepared.error());
  const AggregateReport& report = prepared->report;
  SendResult result;
  result.domain = period.key.domain;
  result.report_id = report.report_id;
  result.begin = report.begin;
  result.end = report.end;
  result.messages = period.messages + period.dropped;
  const unsigned most = parts_.reports.settings()->out.destinations_max;
  auto destinations = co_await find_destinations(
      parts_.resolver, parts_.doors.clock, {.domain = period.key.domain, .destinations_max = most});
  result.refused = std::move(destinations.refused);
  result.later = destinations.trouble;
  const Submitter submitter =
      submitter_of(parts_.reports.settings()->out, parts_.reports.hostname());
  for (const ReportUri& uri : destinations.to) {
    ReportToPost mail{.from = submitter.from,
                      .to = uri.address,
                      .message = write_report_mail({.submitter = submitter,
                                                    .report = report,
                                                    .compressed = prepared->compressed,
                                                    .to = uri.address,
                                                    .now = parts_.doors.clock.wall()})};
    // RFC 7489 §6.2: as it is transported.
    if (uri.bytes_max > 0 && mail.message.size() > uri.bytes_max) {
      result.refused.push_back(fmt::format("{}: wants at most {} octets, this report has {}",
                                           uri.address.text(), uri.bytes_max, mail.message.size()));
      continue;
    }
    if (!dry_run) {
      if (auto posted = co_await parts_.post(std::move(mail)); !posted) {
        result.later = true;
        result.refused.push_back(fmt::format("{}: the queue took it not: {}", uri.address.text(),
                                             posted.error().text()));
        continue;
      }
    }
    result.sent_to.push_back(uri.address.text());
  }
  if (dry_run) {
    result.xml = std::move(prepared->xml);
    co_return result;
  }
  // Once somebody has got it, it is not sent again for the sake of another: no doubles.
  const base::Time now = parts_.doors.clock.wall();
  const bool hopeless = now > start_of(period.key.day + 1) + give_up_after;
  result.later = result.later && result.sent_to.empty() && !hopeless;
  if (result.later) {
    again_[period.key] = now + retry_after;
  } else {
    again_.erase(period.key);
    if (auto closed = co_await close(std::move(period), result); !closed) {
      co_return std::unexpected(closed.error());
    }
  }
  tell(result);
  co_return result;
}

io::Task<base::Result<>> Reporter::close(OpenPeriod period, SendResult result) {
  Reports* reports = &parts_.reports;
  SentPeriod sent;
  sent.key = period.key;
  sent.begin = result.begin;
  sent.end = result.end + seconds(1);
  sent.when = parts_.doors.clock.wall();
  sent.report_id = result.report_id;
  sent.result = result.sent_to.empty() ? fmt::format("to nobody: {}", joined(result.refused))
                                       : fmt::format("to {}", joined(result.sent_to));
  co_return co_await io::on_pool(parts_.doors.pool, [reports, sent = std::move(sent)] {
    return reports->with_store([&sent](ReportStore& store) { return store.close(sent); });
  });
}

void Reporter::tell(const SendResult& result) {
  std::string_view name = "report.sent";
  if (result.sent_to.empty()) name = result.later ? "report.deferred" : "report.not_sent";
  base::Event event{.severity = base::Severity::info,
                    .name = name,
                    .time = parts_.doors.clock.wall(),
                    .session = {},
                    .message = {},
                    .fields = {{"domain", result.domain}, {"report", result.report_id}}};
  if (!result.sent_to.empty()) event.fields.emplace_back("to", joined(result.sent_to));
  if (!result.refused.empty()) event.fields.emplace_back("text", joined(result.refused));
  parts_.events.emit(event);
}

}  // namespace report
