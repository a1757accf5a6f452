// See reports.h.
#include "report/reports.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace report {
namespace {

// Counts that could not be written are kept so long as they are few.
constexpr std::size_t unsaved_periods_max = 10'000;
constexpr base::Duration expire_every = std::chrono::hours(1);

void merge(Counts& into, Counts from) {
  for (auto& [key, period] : from) {
    PeriodCounts& known = into[key];
    known.policy = std::move(period.policy);
    known.dropped += period.dropped;
    for (auto& [row, count] : period.rows) known.rows[row] += count;
  }
}

// As addresses are compared: lower case, A-labels. "": it is none.
std::string address_key(const std::string& text) {
  const auto address = message::parse_address(text);
  if (!address || address->domain.empty() || address->domain.starts_with('[')) return {};
  return message::local_key(address->local) + "@" + message::domain_key(address->domain);
}

base::Result<> check_addresses(const ReportsSettings& settings) {
  std::vector<std::string> all = settings.in.inboxes;
  if (!settings.out.address.empty()) all.push_back(settings.out.address);
  for (const std::string& one : all) {
    if (address_key(one).empty()) {
      return base::fail(
          base::ErrorKind::invalid,
          fmt::format("[reports]: \"{}\" is no address such as dmarc@example.org", one));
    }
  }
  return {};
}

}  // namespace

Reports::Reports(std::unique_ptr<ReportStore> store, const Settings& settings,
                 base::EventSink& events)
    : events_(events), store_(std::move(store)) {
  set_settings(settings);
}

base::Result<std::unique_ptr<Reports>> Reports::open(const Settings& settings,
                                                     base::EventSink& events) {
  if (auto good = check_addresses(settings.reports); !good) return std::unexpected(good.error());
  auto store = ReportStore::open(settings.reports.database_path);
  if (!store) return std::unexpected(store.error());
  return std::unique_ptr<Reports>(new Reports(std::move(*store), settings, events));
}

void Reports::set_settings(const Settings& settings) {
  auto fresh = std::make_shared<ReportsSettings>(settings.reports);
  fresh->out.address = address_key(settings.reports.out.address);
  for (std::string& inbox : fresh->in.inboxes) inbox = address_key(inbox);
  const std::scoped_lock lock(settings_mutex_);
  settings_ = std::move(fresh);
  hostname_ = settings.hostname;
}

std::shared_ptr<const ReportsSettings> Reports::settings() const {
  const std::scoped_lock lock(settings_mutex_);
  return settings_;
}

std::string Reports::hostname() const {
  const std::scoped_lock lock(settings_mutex_);
  return hostname_;
}

void Reports::observe(const Observation& observation) {
  if (settings()->out.address.empty()) return;
  tally_.observe(observation);
}

bool Reports::is_inbox(const message::Address& address) const {
  const auto now = settings();
  if (now->in.inboxes.empty()) return false;
  const std::string key =
      message::local_key(address.local) + "@" + message::domain_key(address.domain);
  return std::ranges::find(now->in.inboxes, key) != now->in.inboxes.end();
}

base::Result<> Reports::save() {
  const auto now = settings();
  const std::scoped_lock lock(store_mutex_);
  if (unsaved_.size() < unsaved_periods_max) merge(unsaved_, tally_.take());
  if (unsaved_.empty()) return {};
  auto saved = store_->add(unsaved_, now->out);
  if (saved) unsaved_.clear();
  return saved;
}

io::Task<void> Reports::run(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool) {
  base::Time expired;
  while (co_await io::sleep_for(*clock, settings()->save_every)) {
    const base::Time now = clock->wall();
    auto saved = co_await io::on_pool(pool, [this] { return save(); });
    if (saved && now - expired > expire_every) {
      expired = now;
      const base::Time before = now - settings()->keep_for;
      saved = co_await io::on_pool(pool, [this, before] {
        return with_store([before](ReportStore& store) { return store.expire(before); });
      });
    }
    if (!saved && !failing_)
      tell(base::Severity::error, "report.unsaved", now, saved.error().text());
    failing_ = !saved;
  }
}

base::Result<Stored> Reports::store(Unpacked found, const Arrival& arrival) {
  Stored out;
  out.problems = std::move(found.problems);
  const auto limits = settings();
  for (FoundReport& one : found.reports) {
    if (!arrival.from.empty()) {
      const auto before = with_store([&](ReportStore& store) {
        return store.count_from(arrival.from, arrival.when - std::chrono::hours(24));
      });
      if (!before) return std::unexpected(before.error());
      if (*before >= limits->in.reports_per_sender_max) {
        out.problems.push_back(fmt::format("more than {} reports of {} within a day",
                                           limits->in.reports_per_sender_max, arrival.from));
        break;
      }
    }
    Arrival here = arrival;
    here.file = one.file;
    const auto number = with_store([&](ReportStore& store) { return store.add(one.report, here); });
    if (number) {
      out.numbers.push_back(*number);
      tell(base::Severity::info, "report.received", arrival.when,
           fmt::format("{}: {} about {} from {}", *number, to_string(one.report.kind),
                       one.report.domain, one.report.organization));
    } else if (number.error().kind == base::ErrorKind::exists) {
      ++out.duplicates;
    } else {
      return std::unexpected(number.error());
    }
  }
  const auto gone =
      with_store([&](ReportStore& store) { return store.shrink(limits->in.stored_bytes_max); });
  if (!gone) return std::unexpected(gone.error());
  if (*gone > 0) {
    tell(base::Severity::warning, "report.dropped", arrival.when,
         fmt::format("{} old reports went: more than reports.stored_bytes_max were there", *gone));
  }
  return out;
}

base::Result<Stored> Reports::take_mail(std::string_view message, base::Time now) {
  ReadMail read = read_report_mail(message, settings()->in, hostname());
  return store(std::move(read.found), {.when = now,
                                       .from = std::move(read.from),
                                       .authentication = std::move(read.authentication),
                                       .file = {},
                                       .proven = read.proven});
}

base::Result<Stored> Reports::take_file(std::string_view octets, const std::string& name,
                                        base::Time now) {
  return store(read_report_file(octets, name, settings()->in),
               {.when = now, .from = {}, .authentication = "imported", .file = {}, .proven = true});
}

void Reports::tell(base::Severity severity, std::string_view name, base::Time now,
                   std::string text) {
  events_.emit({.severity = severity,
                .name = name,
                .time = now,
                .session = {},
                .message = {},
                .fields = {{"text", std::move(text)}}});
}

}  // namespace report
