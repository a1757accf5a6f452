// See doctor.h.
#include "admin/doctor/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "admin/doctor/catalogue.h"
#include "admin/doctor/domain_checks.h"
#include "admin/doctor/host_checks.h"
#include "admin/doctor/machine_checks.h"
#include "admin/doctor/tls_checks.h"
#include "admin/doctor/traffic_checks.h"
#include "config/at_start.h"
#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/files.h"
#include "lib/io/network.h"
#include "lib/io/pool.h"
#include "lib/io/task_group.h"
#include "lib/message/address.h"

namespace doctor {
namespace {

constexpr std::string_view file_name = "/doctor.json";
// As delivery/ names them: what other servers took and refused.
constexpr std::string_view recipients = "stagepost_delivery_recipients_total";
constexpr std::string_view recipients_help = "Recipients by kind of delivery and result";

io::Task<void> run_host_check(HostCheck check, io::Ref<const Ground> ground,
                              io::Ref<Findings> into) {
  Findings found = co_await check(ground);
  std::ranges::move(found, std::back_inserter(*into));
}

io::Task<void> run_domain_check(DomainCheck check, io::Ref<const Ground> ground, std::string domain,
                                io::Ref<Findings> into) {
  Findings found = co_await check(ground, std::move(domain));
  std::ranges::move(found, std::back_inserter(*into));
}

std::size_t place_of(std::string_view id) {
  const CheckInfo* info = info_of(id);
  return info == nullptr ? catalogue().size() : static_cast<std::size_t>(info - catalogue().data());
}

void put_in_order(Findings& findings) {
  std::ranges::sort(findings, [](const Finding& a, const Finding& b) {
    return std::tuple(b.severity, place_of(a.id), std::tie(a.about, a.what)) <
           std::tuple(a.severity, place_of(b.id), std::tie(b.about, b.what));
  });
}

std::vector<std::string> domains_of(const Ground& ground) {
  const auto domains = ground.known ? ground.known->domains() : nullptr;
  return domains ? *domains : std::vector<std::string>();
}

}  // namespace

std::size_t Examination::count(Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count(findings, severity, &Finding::severity));
}

struct Doctor::Run {
  Ground ground;
  std::string domain;  // this one only; empty: everything
  Findings findings;
};

Doctor::Doctor(Parts parts, const config::Config& config)
    : parts_(std::move(parts)),
      delivered_(
          parts_.metrics.counter(recipients, recipients_help, R"(kind="smtp",result="delivered")")),
      failed_(
          parts_.metrics.counter(recipients, recipients_help, R"(kind="smtp",result="failed")")),
      last_run_(parts_.metrics.gauge("stagepost_doctor_last_run_seconds",
                                     "When the doctor last looked, in seconds since 1970")) {
  for (std::size_t i = 0; i < gauges_.size(); ++i) {
    gauges_.at(i) = &parts_.metrics.gauge(
        "stagepost_doctor_findings", "What the doctor found when it last looked",
        fmt::format("severity=\"{}\"", to_string(static_cast<Severity>(i))));
  }
  set_config(config);
  started_ = config_;
}

void Doctor::set_config(const config::Config& config) {
  config_ = std::make_shared<const config::Config>(config);
  config_read_ = parts_.doors.clock.wall();
}

Ground Doctor::ground() const {
  std::vector<io::IpAddress> addresses = config_->admin.doctor.public_addresses;
  if (addresses.empty()) addresses = public_addresses(parts_.doors.network);
  return {.doors = parts_.doors,
          .resolver = parts_.resolver,
          .view = parts_.view,
          .machine = parts_.machine,
          .config = *config_,
          .hostname = message::domain_key(config_->session.hostname),
          .addresses = std::move(addresses),
          .serving = !config_->session.listeners.empty(),
          .settings_read = config_read_,
          .tls = parts_.tls,
          .known = parts_.directory.snapshot(),
          .keys = parts_.keys == nullptr ? nullptr : parts_.keys->ring(),
          .queues = parts_.queues,
          .reports = parts_.reports,
          .history = history_,
          .after_restart = config::waiting_settings(*started_, *config_)};
}

// One after the other: each asks the network enough, and samples must not be counted twice.
io::Task<base::Result<Examination>> Doctor::examine(std::string domain) {
  if (waiting_ >= waiting_max) {
    co_return base::fail(base::ErrorKind::busy,
                         "the doctor is asked too often; try again in a minute");
  }
  ++waiting_;
  base::Result<> free;
  while (running_ && free) free = co_await free_.wait();
  --waiting_;
  if (!free) co_return std::unexpected(std::move(free.error()));
  running_ = true;
  auto examination = co_await examine_now(std::move(domain));
  running_ = false;
  free_.notify();
  co_return examination;
}

io::Task<base::Result<Examination>> Doctor::examine_now(std::string domain) {
  co_await load();
  parts_.view.forget();
  const auto config = config_;  // a reload does not change what a run stands on
  Run run{.ground = ground(), .domain = std::move(domain), .findings = {}};
  // Of another's domain it would ask name servers and a web server that he names.
  if (!run.domain.empty() && !run.ground.known->is_local_domain(run.domain)) {
    co_return base::fail(base::ErrorKind::not_found,
                         fmt::format("{0} is not a domain of ours; `stagepost domain add {0}` "
                                     "makes it one",
                                     run.domain));
  }
  const base::Instant begun = parts_.doors.clock.now();
  Examination examination{.when = parts_.doors.clock.wall(),
                          .hostname = run.ground.hostname,
                          .findings = {},
                          .changes = {},
                          .compared = {}};
  io::CancelScope* outer = co_await io::current_scope();
  {
    io::DeadlineScope limit(parts_.doors.clock, begun + run_time_max, outer);
    io::TaskGroup looking(&limit.scope());
    looking.spawn(look(run));
    co_await looking.join();
  }
  if (outer != nullptr && outer->cancelled()) {
    co_return base::fail(base::ErrorKind::cancelled, "stopped");
  }
  put_in_order(run.findings);
  examination.findings = std::move(run.findings);
  examination.took = parts_.doors.clock.now() - begun;
  if (run.domain.empty()) co_await keep(examination);
  co_return examination;
}

io::Task<void> Doctor::look(io::Ref<Run> run) {
  io::TaskGroup looking(co_await io::current_scope());
  if (run->domain.empty()) {
    for (const auto checks : {host_checks(), tls_checks(), machine_checks(), traffic_checks()}) {
      for (const HostCheck check : checks) {
        looking.spawn(run_host_check(check, run->ground, run->findings));
      }
    }
  }
  looking.spawn(look_at_domains(run));
  co_await looking.join();
}

// One after the other, all checks of each at once: name servers are asked some questions together,
// not thousands.
io::Task<void> Doctor::look_at_domains(io::Ref<Run> run) {
  std::vector<std::string> domains = {run->domain};
  if (run->domain.empty()) domains = domains_of(run->ground);
  if (domains.size() > domains_max) {
    run->findings.push_back(
        {.id = "domains",
         .about = {},
         .severity = Severity::note,
         .what = fmt::format("{} of {} domains were looked at", domains_max, domains.size()),
         .remedy = "look at another one by its name",
         .paste = "stagepost doctor " + domains.back()});
    domains.resize(domains_max);
  }
  for (const std::string& domain : domains) {
    io::TaskGroup looking(co_await io::current_scope());
    for (const DomainCheck check : domain_checks()) {
      looking.spawn(run_domain_check(check, run->ground, domain, run->findings));
    }
    co_await looking.join();
  }
}

io::Task<void> Doctor::load() {
  if (loaded_) co_return;
  loaded_ = true;
  const std::string path = config_->server.state_folder + std::string(file_name);
  auto history = co_await io::on_pool(
      parts_.doors.pool, [files = &parts_.doors.files, path]() -> base::Result<History> {
        const auto text = io::read_file(*files, path, history_bytes_max);
        if (!text) return std::unexpected(text.error());
        return read_history(*text);
      });
  if (history) {
    history_ = std::move(*history);
    co_return;
  }
  if (history.error().kind == base::ErrorKind::not_found) co_return;
  // It is begun anew: what it held was for comparing only.
  parts_.events.emit({.severity = base::Severity::warning,
                      .name = "doctor.history_lost",
                      .time = parts_.doors.clock.wall(),
                      .session = {},
                      .message = {},
                      .fields = {{"path", path}, {"error", history.error().text()}}});
}

Sample Doctor::sample(base::Time now) {
  io::Files& files = parts_.doors.files;
  const std::uint64_t delivered = delivered_.value();
  const std::uint64_t failed = failed_.value();
  Sample out{.when = now,
             .state_free = files.free_bytes(config_->server.state_folder).value_or(0),
             .mail_free = files.free_bytes(config_->delivery.mail_folder).value_or(0),
             .delivered = delivered - delivered_before_,
             .failed = failed - failed_before_};
  delivered_before_ = delivered;
  failed_before_ = failed;
  return out;
}

io::Task<void> Doctor::keep(io::Ref<Examination> examination) {
  const base::Time now = examination->when;
  const Result* last = history_.results.empty() ? nullptr : &history_.results.back();
  Result result = result_of(examination->findings, now, last);
  if (const Result* then = yesterday(history_, now)) {
    examination->compared = then->when;
    examination->changes = changes(*then, result);
  }
  tell(changes(last == nullptr ? Result{.when = now, .findings = {}} : *last, result), now);
  count(*examination);
  add_result(history_, std::move(result), config_->admin.doctor.keep_for);
  add_sample(history_, sample(now));
  const auto saved = co_await io::on_pool(
      parts_.doors.pool, [files = &parts_.doors.files, text = write_history(history_),
                          path = config_->server.state_folder + std::string(file_name)] {
        return io::write_file(*files, path, text, 0600);
      });
  if (saved) co_return;
  parts_.events.emit({.severity = base::Severity::warning,
                      .name = "doctor.unsaved",
                      .time = now,
                      .session = {},
                      .message = {},
                      .fields = {{"error", saved.error().text()}}});
}

void Doctor::tell(const std::vector<Change>& changed, base::Time now) {
  for (const Change& change : changed) {
    if (change.kind == Change::Kind::better) continue;
    const bool mended = change.kind == Change::Kind::mended;
    base::Event event{.severity = mended ? base::Severity::info : base::Severity::warning,
                      .name = mended ? "doctor.mended" : "doctor.finding",
                      .time = now,
                      .session = {},
                      .message = {},
                      .fields = {{"check", change.id}}};
    if (!change.about.empty()) event.fields.emplace_back("about", change.about);
    if (!mended) event.fields.emplace_back("severity", std::string(to_string(change.after)));
    event.fields.emplace_back("text", change.what);
    parts_.events.emit(event);
  }
}

void Doctor::count(const Examination& examination) {
  for (std::size_t i = 0; i < gauges_.size(); ++i) {
    gauges_.at(i)->set(static_cast<std::int64_t>(examination.count(static_cast<Severity>(i))));
  }
  last_run_.set(
      std::chrono::floor<std::chrono::seconds>(examination.when.time_since_epoch()).count());
}

io::Task<std::optional<Result>> Doctor::kept() {
  co_await load();
  if (history_.results.empty()) co_return std::nullopt;
  co_return history_.results.back();
}

io::Task<void> Doctor::run() {
  base::Duration wait = std::min<base::Duration>(first_after, config_->admin.doctor.every);
  // Turned off it looks again now and then whether it was turned on.
  while (co_await io::sleep_for(parts_.doors.clock,
                                wait == base::Duration::zero() ? first_after : wait)) {
    if (config_->admin.doctor.every > base::Duration::zero()) (void)co_await examine();
    wait = config_->admin.doctor.every;
  }
}

}  // namespace doctor
