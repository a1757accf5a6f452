// See rotation.h.
#include "policy/signing/rotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "lib/dns/name_servers.h"
#include "lib/dns/server_resolver.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "lib/io/task_group.h"
#include "lib/mailauth/dkim_key.h"

namespace policy {
namespace {

using base::ErrorKind;
using mailauth::PublishedState;

base::Result<mailauth::PublicKey> public_key_of(const KeyRecord& record) {
  const auto parsed = mailauth::parse_key_record(record.public_text);
  if (!parsed) return std::unexpected(parsed.error());
  return mailauth::PublicKey::from_octets(record.type, parsed->octets);
}

// A name server has the key when all of its addresses that answer have it, and one answers.
std::string problem_of(const std::vector<ServerAnswer>& answers) {
  std::set<std::string> serving;
  std::set<std::string> silent;
  std::string why_silent;
  for (const ServerAnswer& answer : answers) {
    const std::string where = answer.address.empty()
                                  ? answer.server
                                  : fmt::format("{} [{}]", answer.server, answer.address);
    if (answer.published.state == PublishedState::same) {
      serving.insert(answer.server);
    } else if (answer.published.state == PublishedState::trouble) {
      silent.insert(answer.server);
      why_silent = fmt::format("{}: {}", where, answer.published.words);
    } else {
      return fmt::format("{}: {}", where, answer.published.words);
    }
  }
  const bool all_serve = std::ranges::includes(serving, silent);
  return all_serve ? std::string() : why_silent;
}

std::vector<KeyRecord> records_of(const KeyStore& keys, std::string_view domain, KeyState state) {
  std::vector<KeyRecord> out;
  for (const KeyRecord& record : keys.ring()->records()) {
    if (record.domain == domain && record.state == state) out.push_back(record);
  }
  return out;
}

std::string names_of(const std::vector<KeyRecord>& records) {
  std::string out;
  for (const KeyRecord& record : records) {
    if (!out.empty()) out += ", ";
    out += record.selector;
  }
  return out;
}

}  // namespace

io::Task<void> Rotation::ask(std::string server, io::Ref<KeyCheck> check,
                             io::Ref<const mailauth::PublicKey> key) {
  const dns::Answer addresses = co_await dns::query_addresses(parts_.resolver, server);
  const auto note = [&](std::string address, mailauth::PublishedKey published) {
    check->servers.push_back(
        {.server = server, .address = std::move(address), .published = std::move(published)});
  };
  if (addresses.records.empty()) {
    note({}, {.state = PublishedState::trouble,
              .words = "its address is not known " + addresses.why,
              .testing = false});
  }
  for (std::size_t i = 0; i < addresses.records.size() && i < addresses_max; ++i) {
    const io::IpAddress address = addresses.records[i].address;
    dns::ServerResolver resolver({.network = parts_.doors.network,
                                  .clock = parts_.doors.clock,
                                  .elsewhere = parts_.resolver,
                                  .server = {address, parts_.port},
                                  .timeout = answer_seconds_max});
    note(address.text(), co_await mailauth::check_published(resolver, check->key.selector,
                                                            check->key.domain, *key));
  }
}

io::Task<KeyCheck> Rotation::check(KeyRecord record) {
  KeyCheck check{.key = std::move(record), .servers = {}, .problem = {}};
  const auto key = public_key_of(check.key);
  if (!key) {
    check.problem = key.error().detail;
    co_return check;
  }
  const auto zone = co_await dns::zone_of(parts_.resolver, check.key.dns_name());
  if (!zone) {
    check.problem = zone.error().detail;
    co_return check;
  }
  io::TaskGroup asking(co_await io::current_scope());
  for (const std::string& server : zone->servers) asking.spawn(ask(server, check, *key));
  co_await asking.join();
  std::ranges::sort(check.servers, {}, [](const ServerAnswer& answer) {
    return std::pair(answer.server, answer.address);
  });
  check.problem = problem_of(check.servers);
  co_return check;
}

io::Task<base::Result<Rotated>> Rotation::rotate(std::string domain, unsigned rsa_bits,
                                                 bool forced) {
  if (!records_of(parts_.keys, domain, KeyState::pending).empty()) {
    co_return co_await switch_when_served(std::move(domain), forced);
  }
  const auto active = records_of(parts_.keys, domain, KeyState::active);
  if (active.empty()) {
    co_return base::fail(
        ErrorKind::not_found,
        fmt::format("{0} has no keys yet: `stagepost dkim generate {0}` makes them", domain));
  }
  NewKeys wanted{.domain = domain, .selector = {}, .types = {}, .rsa_bits = rsa_bits};
  for (const auto type : {mailauth::KeyType::rsa, mailauth::KeyType::ed25519}) {
    const bool used = std::ranges::any_of(
        active, [type](const KeyRecord& record) { return record.type == type; });
    if (used) wanted.types.push_back(type);
  }
  auto made = co_await io::on_pool(parts_.doors.pool,
                                   [keys = &parts_.keys, wanted, now = parts_.doors.clock.wall()] {
                                     return keys->generate(wanted, now);
                                   });
  if (!made) co_return std::unexpected(std::move(made.error()));
  Rotated rotated;
  rotated.generated = std::move(*made);
  co_return rotated;
}

io::Task<base::Result<Rotated>> Rotation::switch_when_served(std::string domain, bool forced) {
  Rotated rotated;
  bool served = true;
  if (!forced) {
    for (const KeyRecord& record : records_of(parts_.keys, domain, KeyState::pending)) {
      rotated.checks.push_back(co_await check(record));
      served = served && rotated.checks.back().problem.empty();
    }
  }
  if (!served) co_return rotated;
  auto change = co_await io::on_pool(
      parts_.doors.pool, [keys = &parts_.keys, domain, now = parts_.doors.clock.wall()] {
        return keys->switch_pending(domain, now);
      });
  if (!change) co_return std::unexpected(std::move(change.error()));
  rotated.checks.clear();
  rotated.switched = std::move(*change);
  tell(domain, rotated.switched);
  co_return rotated;
}

io::Task<void> Rotation::run() {
  while (true) {
    if (!co_await io::sleep_for(parts_.doors.clock, every_)) co_return;
    std::set<std::string> domains;
    const auto ring = parts_.keys.ring();
    for (const KeyRecord& record : ring->records()) {
      if (record.state == KeyState::pending) domains.insert(record.domain);
    }
    for (const std::string& domain : domains) {
      const auto rotated = co_await switch_when_served(domain, false);
      if (rotated) continue;
      parts_.events.emit({.severity = base::Severity::warning,
                          .name = "dkim.not_switched",
                          .time = parts_.doors.clock.wall(),
                          .session = {},
                          .message = {},
                          .fields = {{"domain", domain}, {"error", rotated.error().text()}}});
    }
  }
}

void Rotation::tell(const std::string& domain, const KeySwitch& change) {
  base::Event event{.severity = base::Severity::info,
                    .name = "dkim.switched",
                    .time = parts_.doors.clock.wall(),
                    .session = {},
                    .message = {},
                    .fields = {{"domain", domain}, {"selectors", names_of(change.activated)}}};
  if (!change.retired.empty()) event.fields.emplace_back("retired", names_of(change.retired));
  parts_.events.emit(event);
}

}  // namespace policy
