// See publisher.h.
#include "admin/records/publisher.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "admin/client_config.h"
#include "admin/doctor/host_checks.h"
#include "admin/records/texts.h"
#include "lib/base/text.h"
#include "lib/dns/name_servers.h"
#include "lib/dns/names.h"
#include "lib/dns/tsig_key.h"
#include "lib/dns/updater.h"
#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/files.h"
#include "lib/io/network.h"
#include "lib/io/task_group.h"
#include "lib/message/address.h"

namespace records {
namespace {

constexpr auto look_again_after = std::chrono::seconds(1);
constexpr std::uint32_t ttl_seconds = 3600;
constexpr std::uint64_t secret_bytes_max = 4096;

// Of keys that receivers need: retired ones stay in the DNS by themselves.
std::vector<Facts::Key> keys_of(const policy::KeyStore& keys, const std::string& domain) {
  std::vector<Facts::Key> out;
  const auto ring = keys.ring();
  for (const policy::KeyRecord& key : ring->records()) {
    if (key.domain != domain || key.state == policy::KeyState::retired) continue;
    out.push_back({.name = key.dns_name(), .text = key.public_text});
  }
  return out;
}

// Files of [tls] may be renewed with another key at any time, and its record would be wrong then.
std::vector<std::string> tlsa_of(const admin::CertificateState& state) {
  std::vector<std::string> out;
  if (state.source == "files") return out;
  for (const admin::TlsaLine& line : state.tlsa) {
    constexpr std::string_view form = "3 1 1 ";
    if (!line.data.starts_with(form)) continue;
    const auto digest = base::unhex(std::string_view(line.data).substr(form.size()));
    if (digest && !digest->empty()) out.push_back(*digest);
  }
  return out;
}

bool may_be_changed(const Row& row) {
  return row.record.slot != Slot::ptr && !is_well(row.state) && row.state != State::unknown;
}

std::vector<dns::Change> changes_for(const Row& row) {
  std::vector<dns::Change> out = row.in_the_way;
  out.push_back({.name = row.record.name, .type = row.record.type, .record = row.record.data});
  return out;
}

io::Task<void> look_into(io::Ref<const Ground> ground, io::Ref<Row> row) {
  *row = co_await look(ground, row->record);
}

}  // namespace

io::Task<base::Result<Facts>> Publisher::facts_of(std::string domain) {
  if (!parts_.directory.snapshot()->is_local_domain(domain)) {
    co_return base::fail(base::ErrorKind::not_found,
                         fmt::format("{0} is not a domain of ours; `stagepost domain add {0}` "
                                     "makes it one",
                                     base::printable(domain)));
  }
  const auto certificate = co_await parts_.certificates.state(false);
  const admin::ClientSettings& clients = config_->admin.clients;
  const std::string hostname = message::domain_key(config_->session.hostname);
  Facts facts{.domain = domain,
              .hostname = hostname,
              .addresses = config_->admin.doctor.public_addresses,
              .keys = keys_of(parts_.keys, domain),
              .tlsa = certificate ? tlsa_of(*certificate) : std::vector<std::string>(),
              .places = admin::offered_places(*config_),
              .serves_http = !clients.http.empty(),
              .serves_https = !clients.https.empty(),
              .mta_sts_policy = mta_sts_policy(clients.mta_sts, hostname)};
  if (facts.addresses.empty()) facts.addresses = doctor::public_addresses(parts_.doors.network);
  co_return facts;
}

io::Task<base::Result<Sheet>> Publisher::look(std::string domain, bool ask) {
  auto facts = co_await facts_of(message::domain_key(domain));
  if (!facts) co_return std::unexpected(std::move(facts.error()));
  Sheet sheet{.domain = facts->domain,
              .hostname = facts->hostname,
              .addresses = facts->addresses,
              .mta_sts_policy = facts->serves_https ? facts->mta_sts_policy : std::string(),
              .rows = {}};
  for (Record& record : wanted(*facts)) sheet.rows.push_back({.record = std::move(record)});
  if (ask) co_await look_at(sheet);
  co_return sheet;
}

io::Task<void> Publisher::look_at(io::Ref<Sheet> sheet) {
  parts_.view.forget();
  const Ground ground{.view = parts_.view,
                      .resolver = parts_.resolver,
                      .hostname = sheet->hostname,
                      .addresses = sheet->addresses,
                      .now = parts_.doors.clock.wall()};
  for (Row& row : sheet->rows) {
    row.state = State::unknown;
    row.words = "the DNS has not answered in time";
  }
  io::Clock& clock = parts_.doors.clock;
  io::DeadlineScope limit(clock, clock.now() + look_seconds_max, co_await io::current_scope());
  io::TaskGroup looking(&limit.scope());
  for (Row& row : sheet->rows) looking.spawn(look_into(ground, row));
  co_await looking.join();
}

// --- publishing ----------------------------------------------------------------------------------

// Server and key of [acme] when none were given.
io::Task<base::Result<>> Publisher::complete(io::Ref<PublishWish> wish) {
  if (!wish->server.empty()) {
    const auto server = dns::parse_server(wish->server);
    co_return server ? base::Result<>() : std::unexpected(server.error());
  }
  const auto& acme = config_->server.acme;
  if (acme.dns_server.empty()) {
    co_return base::fail(base::ErrorKind::invalid,
                         "no name server that takes updates is known: name it with --dns-server, "
                         "and its key with --dns-key, or set acme.dns_server");
  }
  wish->server = acme.dns_server;
  if (wish->key || acme.tsig_secret_file.empty()) co_return base::Result<>();
  const auto text = io::read_file(parts_.doors.files, acme.tsig_secret_file, secret_bytes_max);
  if (!text)
    co_return base::fail(text.error().kind, "acme.tsig_secret_file: " + text.error().detail);
  auto key = dns::parse_tsig_secret(*text, acme.tsig_key_name);
  if (!key) {
    co_return base::fail(key.error().kind, acme.tsig_secret_file + ": " + key.error().detail);
  }
  wish->key = std::move(*key);
  co_return base::Result<>();
}

// Each record goes to the zone that its name lies in: a part of the domain may be delegated.
io::Task<std::vector<ZoneChanges>> Publisher::plan(io::Ref<const Sheet> sheet, bool replace) {
  std::map<std::string, ZoneChanges> zones;
  for (const Row& row : sheet->rows) {
    if (!may_be_changed(row) || (row.state == State::other && !replace)) continue;
    const auto zone = co_await dns::zone_of(parts_.resolver, row.record.name);
    ZoneChanges& changes = zones[zone ? zone->apex : "?" + row.record.name];
    changes.zone = zone ? zone->apex : row.record.name;
    if (!zone) changes.trouble = zone.error().detail;
    for (dns::Change& change : changes_for(row)) changes.changes.push_back(std::move(change));
  }
  std::vector<ZoneChanges> out;
  out.reserve(zones.size());
  for (auto& [apex, changes] : zones) out.push_back(std::move(changes));
  co_return out;
}

io::Task<void> Publisher::carry_out(io::Ref<const PublishWish> wish, io::Ref<ZoneChanges> zone) {
  const auto server = dns::parse_server(wish->server);
  if (!server || !zone->trouble.empty()) co_return;
  const auto done = co_await dns::send_update(
      {.doors = parts_.doors, .server = *server, .key = wish->key, .timeout = update_seconds_max},
      {.id = 0, .zone = zone->zone, .ttl_seconds = ttl_seconds, .changes = zone->changes});
  if (!done) zone->trouble = done.error().text();
}

// Until all that was sent is served everywhere, or time is over.
io::Task<void> Publisher::settle(io::Ref<Published> published) {
  std::set<std::pair<std::string, dns::Type>> sent;
  for (const ZoneChanges& zone : published->zones) {
    if (!zone.trouble.empty()) continue;
    for (const dns::Change& change : zone.changes) sent.emplace(change.name, change.type);
  }
  const auto waits = [&sent](const Row& row) {
    return !is_well(row.state) && row.state != State::other &&
           sent.contains({row.record.name, row.record.type});
  };
  io::Clock& clock = parts_.doors.clock;
  const base::Instant end = clock.now() + settle_seconds_max;
  while (!sent.empty()) {
    co_await look_at(published->after);
    if (std::ranges::none_of(published->after.rows, waits) || clock.now() >= end) co_return;
    if (!co_await io::sleep_for(clock, look_again_after)) co_return;
  }
}

io::Task<base::Result<Published>> Publisher::publish(PublishWish wish) {
  if (auto known = co_await complete(wish); !known) co_return std::unexpected(known.error());
  auto sheet = co_await look(wish.domain, true);
  if (!sheet) co_return std::unexpected(std::move(sheet.error()));
  Published published;
  published.zones = co_await plan(*sheet, wish.replace);
  for (const Row& row : sheet->rows) {
    const bool kept = row.state == State::other && !wish.replace;
    if (!is_well(row.state) && (kept || !may_be_changed(row))) published.left.push_back(row);
  }
  published.after = std::move(*sheet);
  if (wish.dry_run) co_return published;
  for (ZoneChanges& zone : published.zones) co_await carry_out(wish, zone);
  co_await settle(published);
  co_return published;
}

}  // namespace records
