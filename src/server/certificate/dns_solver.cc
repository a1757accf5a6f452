// See dns_solver.h.
#include "server/certificate/dns_solver.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/acme/jws.h"
#include "lib/dns/name_servers.h"
#include "lib/dns/names.h"
#include "lib/dns/server_resolver.h"
#include "lib/dns/updater.h"
#include "lib/io/clock.h"
#include "lib/io/digest.h"

namespace server {
namespace {

constexpr auto look_again_after = std::chrono::seconds(1);

bool serves(const dns::Answer& answer, std::string_view text) {
  return std::ranges::any_of(answer.records,
                             [&](const dns::Record& record) { return record.data == text; });
}

}  // namespace

io::Task<base::Result<>> DnsSolver::update(dns::Change change, std::string zone) {
  constexpr std::uint32_t ttl_seconds = 60;
  co_return co_await dns::send_update(
      {.doors = parts_.doors,
       .server = parts_.server,
       .key = parts_.key,
       .timeout = answer_seconds_max * 2},
      {.id = 0, .zone = std::move(zone), .ttl_seconds = ttl_seconds, .changes = {change}});
}

io::Task<std::string> DnsSolver::missing(dns::Change record, std::vector<std::string> servers) {
  for (const std::string& server : servers) {
    const dns::Answer addresses = co_await dns::query_addresses(parts_.resolver, server);
    if (addresses.records.empty()) co_return fmt::format("{} has no known address", server);
    for (std::size_t i = 0; i < addresses.records.size() && i < addresses_max; ++i) {
      const io::IpAddress address = addresses.records[i].address;
      dns::ServerResolver resolver({.network = parts_.doors.network,
                                    .clock = parts_.doors.clock,
                                    .elsewhere = parts_.resolver,
                                    .server = {.address = address, .port = dns_port},
                                    .timeout = answer_seconds_max});
      const dns::Answer answer = co_await resolver.query(record.name, dns::Type::txt);
      if (serves(answer, record.record.data)) continue;
      co_return fmt::format("{} [{}] does not serve it{}{}", server, address.text(),
                            answer.why.empty() ? "" : ": ", answer.why);
    }
  }
  co_return std::string();
}

io::Task<base::Result<>> DnsSolver::wait_until_served(dns::Change record,
                                                      std::vector<std::string> servers) {
  io::Clock& clock = parts_.doors.clock;
  const base::Instant end = clock.now() + parts_.wait_max;
  while (true) {
    const std::string what = co_await missing(record, servers);
    if (what.empty()) co_return base::Result<>();
    if (clock.now() >= end) {
      co_return base::fail(
          base::ErrorKind::timed_out,
          fmt::format("{} was added, but {}: see that its name servers are told of changes "
                      "(NOTIFY), or raise acme.dns_wait_max",
                      record.name, what));
    }
    if (auto slept = co_await io::sleep_for(clock, look_again_after); !slept) co_return slept;
  }
}

io::Task<base::Result<>> DnsSolver::prepare(acme::Proof proof) {
  added_.reset();
  std::string name = "_acme-challenge." + dns::name_key(proof.name);
  // Somebody may have sent this name to a zone that takes updates.
  const dns::Answer there = co_await parts_.resolver.query(name, dns::Type::txt);
  if (!there.canonical_name.empty()) name = dns::name_key(there.canonical_name);
  const auto zone = co_await dns::zone_of(parts_.resolver, name);
  if (!zone) co_return std::unexpected(zone.error());
  const dns::Change record =
      dns::add_text(name, acme::base64url(io::sha256(proof.key_authorization)));
  if (auto done = co_await update(record, zone->apex); !done) co_return done;
  added_ = record;
  added_zone_ = zone->apex;
  co_return co_await wait_until_served(record, zone->servers);
}

// A record that stays does no harm: it proves nothing any more.
io::Task<void> DnsSolver::clean(acme::Proof /*proof*/) {
  if (!added_) co_return;
  dns::Change record = *added_;
  added_.reset();
  record.kind = dns::Change::Kind::remove;
  (void)co_await update(std::move(record), added_zone_);
}

}  // namespace server
