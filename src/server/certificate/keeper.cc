// See keeper.h.
#include "server/certificate/keeper.h"

#include <fmt/format.h>

#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/random.h"
#include "lib/io/wiped.h"
#include "server/certificate/acme_web.h"
#include "server/certificate/solvers.h"
#include "server/certificate/tlsa.h"

namespace server {
namespace {

constexpr std::uint64_t ca_bytes_max = 1024UL * 1024;

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

CertificateKeeper::CertificateKeeper(Parts parts, const config::Config& config, Loaded loaded)
    : parts_(std::move(parts)),
      config_(config),
      served_(
          {.clock = parts_.doors.clock, .resolver = parts_.resolver, .domains = parts_.domains}),
      not_after_(parts_.metrics.gauge("stagepost_tls_certificate_not_after_seconds",
                                      "End of the certificate, in seconds since 1970")) {
  take(std::move(loaded));
}

void CertificateKeeper::emit(base::Severity severity, std::string_view name,
                             std::vector<std::pair<std::string_view, std::string>> fields) {
  parts_.events.emit({.severity = severity,
                      .name = name,
                      .time = now(),
                      .session = {},
                      .message = {},
                      .fields = std::move(fields)});
}

std::vector<std::string> CertificateKeeper::names() const {
  if (!acme().domains.empty()) return acme().domains;
  std::vector<std::string> names = {config_.session.hostname};
  names.insert(names.end(), served_.names().begin(), served_.names().end());
  return names;
}

// Whoever changed something does not want to wait for the next try.
void CertificateKeeper::set_config(const config::Config& config, Loaded loaded) {
  config_ = config;
  take(std::move(loaded));
  if (source_of(config_) != CertificateSource::acme) return;
  auto memory = store().memory();
  if (!memory || memory->retry_at == base::Time()) return;
  memory->retry_at = {};
  if (const auto kept = store().keep(*memory); !kept) {
    emit(base::Severity::error, "certificate.not_kept", {{"error", kept.error().text()}});
  }
}

void CertificateKeeper::take(Loaded loaded) {
  refused_digest_.clear();
  if (!loaded.problem.empty()) {
    emit(base::Severity::warning, "certificate.problem",
         {{"file", loaded.path}, {"text", loaded.problem}});
  }
  use(std::move(loaded));
}

void CertificateKeeper::use(Loaded loaded) {
  parts_.tls->replace(loaded.server);
  loaded_ = std::move(loaded);
  not_after_.set(
      std::chrono::duration_cast<std::chrono::seconds>(loaded_.facts.not_after.time_since_epoch())
          .count());
}

io::Task<void> CertificateKeeper::run() {
  do {
    look_at_files();
    co_await tend();
  } while (co_await io::sleep_for(parts_.doors.clock, config_.server.tls_watch_every));
}

// --- files ---------------------------------------------------------------------------------------

// The two files are written one after the other, so what does not belong together now may do so at
// the next look; it is told once per content.
void CertificateKeeper::look_at_files() {
  if (source_of(config_) != CertificateSource::files) return;
  auto identity = read_identity_files(parts_.doors.files, config_);
  std::string nothing;
  const io::Wiped wiped(identity ? identity->key_pem : nothing);
  const std::string digest = identity ? digest_of(*identity) : identity.error().detail;
  if (digest == loaded_.digest || digest == refused_digest_) return;
  auto fresh = identity ? load_identity(*identity, now(), parts_.challenges)
                        : std::unexpected(identity.error());
  if (fresh && !fresh->problem.empty()) {
    fresh = base::fail(base::ErrorKind::invalid, std::move(fresh->problem));
  }
  if (!fresh) {
    refused_digest_ = digest;
    emit(base::Severity::warning, "certificate.not_replaced",
         {{"file", config_.session.certificate_path},
          {"error", fresh.error().detail},
          {"text", "the certificate of before stays in use"}});
    return;
  }
  refused_digest_.clear();
  fresh->source = CertificateSource::files;
  fresh->path = config_.session.certificate_path;
  fresh->key_path = config_.session.key_path;
  emit(base::Severity::info, "certificate.replaced",
       {{"file", fresh->path},
        {"names", joined(fresh->facts.names)},
        {"until", base::format_time(fresh->facts.not_after)}});
  use(std::move(*fresh));
}

// --- orders --------------------------------------------------------------------------------------

io::Task<void> CertificateKeeper::tend() {
  if (source_of(config_) != CertificateSource::acme || busy_) co_return;
  const auto memory = store().memory();
  if (memory && memory->retry_at > now()) co_return;
  auto due = co_await plan();
  if (!due) {
    note_failure(due.error(), {});
  } else if (!due->why.empty()) {
    (void)co_await carry_out(*due);  // it has told how it went
  }
}

// With names of its own choice the certificate has these and no others. Else new ones are taken up
// soon, together with those of the same hour; those that are not needed any more go at the renewal.
std::string_view CertificateKeeper::names_are_due() const {
  constexpr auto together = std::chrono::hours(1);
  if (!acme().domains.empty()) {
    const bool differ = acme::names_differ(loaded_.facts.names, names());
    return differ ? "the names in the settings are others" : "";
  }
  if (!io::covers(loaded_.facts, config_.session.hostname)) return "the host has another name";
  const bool lacks = std::ranges::any_of(served_.names(), [this](const std::string& name) {
    return !io::covers(loaded_.facts, name);
  });
  return lacks && now() >= loaded_.facts.not_before + together ? "a domain has a new name" : "";
}

io::Task<base::Result<CertificateKeeper::Plan>> CertificateKeeper::plan(bool at_once) {
  co_await served_.refresh(config_, loaded_.facts.names, at_once);
  const auto memory = store().memory();
  if (!memory) co_return std::unexpected(memory.error());
  if (const auto next = store().next_key(); !next) co_return std::unexpected(next.error());
  if (loaded_.source != CertificateSource::acme) {
    co_return Plan{.why = "there is none yet"};  // with the self-signed one's key
  }
  if (const std::string_view why = names_are_due(); !why.empty()) co_return Plan{.why = why};
  if (memory->directory_url != acme().directory_url) {
    co_return Plan{.why = "the authority in the settings is another"};
  }
  const base::Duration key_days = acme().rotate_key_after;
  if (key_days > base::Duration(0) && now() >= memory->key_since + key_days) {
    const auto step = co_await look_at_tlsa();
    if (!step) co_return std::unexpected(step.error());
    tell_rollover(*step);
    if (*step == acme::RolloverStep::free || *step == acme::RolloverStep::ready) {
      co_return Plan{.why = "its key is replaced", .next_key = true};
    }
  }
  if (now() >= acme::renew_at(loaded_.facts, acme().renew_before)) {
    co_return Plan{.why = "it ends soon"};
  }
  co_return Plan{};
}

io::Task<base::Result<bool>> CertificateKeeper::order(admin::OrderWish wish) {
  if (source_of(config_) != CertificateSource::acme) {
    co_return base::fail(base::ErrorKind::invalid,
                         "no authority is set: write directory_url into [acme]; see "
                         "docs/certificates.md");
  }
  while (busy_) {
    if (auto over = co_await order_over_.wait(); !over) co_return std::unexpected(over.error());
  }
  auto due = co_await plan(true);
  if (!due) co_return std::unexpected(std::move(due.error()));
  if (wish.new_key && !due->next_key) {
    const auto step = co_await look_at_tlsa();
    if (!step) co_return std::unexpected(step.error());
    if (!wish.force && *step != acme::RolloverStep::free && *step != acme::RolloverStep::ready) {
      co_return base::fail(base::ErrorKind::invalid,
                           words_of(*step) +
                               "; --force uses the next key all the same: servers "
                               "that verify by DANE then refuse us for a while");
    }
    *due = {.why = "it was asked for", .next_key = true};
  }
  if (due->why.empty() && wish.only_if_due) co_return false;
  if (due->why.empty()) due->why = "it was asked for";
  if (auto done = co_await carry_out(*due); !done) co_return std::unexpected(done.error());
  co_return true;
}

io::Task<base::Result<>> CertificateKeeper::carry_out(Plan plan) {
  if (busy_) co_return base::fail(base::ErrorKind::busy, "an order is under way already");
  busy_ = true;
  emit(base::Severity::info, "certificate.ordering",
       {{"names", joined(names())},
        {"authority", acme().directory_url},
        {"why", std::string(plan.why)}});
  base::Duration asked_for{0};
  auto fresh =
      co_await io::with_timeout(parts_.doors.clock, order_seconds_max, obtain(plan, &asked_for));
  busy_ = false;
  if (!fresh) {
    if (fresh.error().kind != base::ErrorKind::cancelled) note_failure(fresh.error(), asked_for);
    order_over_.notify();
    co_return std::unexpected(std::move(fresh.error()));
  }
  emit(base::Severity::info, "certificate.replaced",
       {{"names", joined(fresh->facts.names)},
        {"until", base::format_time(fresh->facts.not_after)},
        {"issuer", fresh->facts.issuer},
        {"key", plan.next_key ? "new" : "kept"}});
  use(std::move(*fresh));
  told_ = acme::RolloverStep::free;
  order_over_.notify();
  co_return base::Result<>();
}

io::Task<base::Result<Loaded>> CertificateKeeper::obtain(Plan plan, base::Duration* asked_for) {
  acme::Store files = store();
  base::Result<io::PrivateKey> key = files.next_key();
  if (!plan.next_key) {
    auto pem = io::read_file(parts_.doors.files, loaded_.key_path, key_bytes_max);
    if (!pem) co_return std::unexpected(pem.error());
    const io::Wiped wiped(*pem);
    key = io::PrivateKey::from_pem(*pem);
  }
  if (!key) co_return std::unexpected(std::move(key.error()));
  auto key_pem = key->pem();
  if (!key_pem) co_return std::unexpected(key_pem.error());
  const io::Wiped wiped(*key_pem);
  const auto chain = co_await ask_without_refused(*key, asked_for);
  if (!chain) co_return std::unexpected(chain.error());
  // Looked at before the old one is given up.
  auto fresh = load_identity({.names = {}, .certificate_pem = *chain, .key_pem = *key_pem}, now(),
                             parts_.challenges);
  if (fresh && acme::names_differ(fresh->facts.names, ordered_)) {
    fresh = base::fail(base::ErrorKind::invalid, "the authority's certificate is for " +
                                                     joined(fresh->facts.names) + " instead");
  }
  if (!fresh) co_return std::unexpected(std::move(fresh.error()));
  auto memory = files.memory();
  if (!memory) co_return std::unexpected(std::move(memory.error()));
  if (auto done = files.install(*chain, *key_pem); !done) {
    co_return std::unexpected(std::move(done.error()));
  }
  const bool used_first = plan.next_key || memory->key_since == base::Time();
  const base::Time key_since = used_first ? now() : memory->key_since;
  *memory = {.directory_url = acme().directory_url,
             .key_since = key_since,
             .rollover = plan.next_key ? acme::RolloverMemory() : memory->rollover};
  if (auto kept = files.keep(*memory); !kept) co_return std::unexpected(std::move(kept.error()));
  if (const auto next = files.next_key(); !next) co_return std::unexpected(next.error());
  fresh->source = CertificateSource::acme;
  fresh->path = fresh->key_path = files.certificate_path();
  co_return fresh;
}

// A domain whose name cannot be proved must not cost the host its certificate.
io::Task<base::Result<std::string>> CertificateKeeper::ask_without_refused(
    io::Ref<const io::PrivateKey> key, base::Duration* asked_for) {
  while (true) {
    ordered_ = names();
    auto request = key->request(ordered_);
    if (!request) co_return std::unexpected(std::move(request.error()));
    std::string refused;
    auto chain = co_await ask_authority(std::move(*request), &refused, asked_for);
    const bool may_be_a_name = !chain && acme().domains.empty() &&
                               (chain.error().kind == base::ErrorKind::invalid || !refused.empty());
    if (!may_be_a_name || !served_.set_aside(refused)) co_return chain;
    emit(base::Severity::warning, "certificate.name_set_aside",
         {{"name", refused.empty() ? "all but the host's" : refused},
          {"error", chain.error().text()}});
  }
}

io::Task<base::Result<std::string>> CertificateKeeper::ask_authority(std::string request,
                                                                     std::string* refused,
                                                                     base::Duration* asked_for) {
  std::shared_ptr<io::TlsClient> tls = parts_.tls_client;
  if (!acme().ca_file.empty()) {
    const auto pem = io::read_file(parts_.doors.files, acme().ca_file, ca_bytes_max);
    if (!pem) {
      co_return base::fail(pem.error().kind, "acme.ca_file: " + pem.error().detail);
    }
    auto made = io::TlsClient::make(*pem);
    if (!made) co_return base::fail(made.error().kind, "acme.ca_file: " + made.error().detail);
    tls = std::move(*made);
  }
  auto account = store().account_key();
  if (!account) co_return std::unexpected(std::move(account.error()));
  auto solver = make_solver({.doors = parts_.doors,
                             .resolver = parts_.resolver,
                             .challenges = parts_.challenges,
                             .answers = parts_.answers,
                             .tls = parts_.tls},
                            config_);
  if (!solver) co_return std::unexpected(std::move(solver.error()));
  AcmeWeb web({.doors = parts_.doors, .resolver = parts_.resolver, .tls = std::move(tls)});
  acme::Client client({.web = web,
                       .clock = parts_.doors.clock,
                       .key = std::move(*account),
                       .directory_url = acme().directory_url});
  base::Result<std::string> chain;
  if (auto opened = co_await client.open(acme().email); !opened) {
    chain = std::unexpected(std::move(opened.error()));
  } else {
    chain = co_await acme::obtain(
        client, **solver, {.names = ordered_, .request = std::move(request), .refused = refused});
  }
  if (!chain) *asked_for = client.retry_after().value_or(base::Duration(0));
  co_return chain;
}

void CertificateKeeper::note_failure(const base::Error& error, base::Duration asked_for) {
  acme::Memory memory = store().memory().value_or(acme::Memory());
  memory.failures += 1;
  memory.failure = error.kind == base::ErrorKind::invalid ? error.detail : error.text();
  memory.failed_at = now();
  memory.retry_at = now() + acme::pause_after(acme().retry_after, memory.failures, asked_for,
                                              parts_.doors.random.number());
  emit(base::Severity::error, "certificate.failed",
       {{"names", joined(names())},
        {"error", memory.failure},
        {"again", base::format_time(memory.retry_at)}});
  if (const auto kept = store().keep(memory); !kept) {
    emit(base::Severity::error, "certificate.not_kept", {{"error", kept.error().text()}});
  }
}

}  // namespace server
