// See host_checks.h. Port 25 both ways; would we relay for strangers?
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "admin/doctor/host_checks.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/network.h"
#include "lib/smtp/reply_reader.h"
#include "policy/recipient.h"

namespace doctor {
namespace {

constexpr base::Duration connect_seconds_max = std::chrono::seconds(8);
constexpr std::uint16_t smtp_port = 25;  // RFC 5321 §4.5.4.2: the one that the world knows

// The first reply of a server, and a polite end.
io::Task<base::Result<smtp::Reply>> greeting_of(io::Ref<const Ground> ground, io::Endpoint to) {
  auto stream = co_await ground->doors.network.connect(to, std::nullopt);
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  smtp::ReplyReader reader;
  std::array<char, 1024> bytes = {};
  while (true) {
    const auto got = co_await (*stream)->read_some(bytes);
    if (!got) co_return std::unexpected(got.error());
    std::string_view input(bytes.data(), *got);
    const auto status = reader.feed(input);
    if (status == smtp::ReplyReader::Status::malformed) {
      co_return base::fail(base::ErrorKind::invalid, reader.error());
    }
    if (status == smtp::ReplyReader::Status::done) break;
  }
  (void)co_await (*stream)->finish("QUIT\r\n");  // it has said what we wanted to know
  co_return reader.take();
}

bool listens_at(const config::Config& config, const io::IpAddress& address) {
  return std::ranges::any_of(
      config.session.listeners, [&address](const session::ListenerSetting& one) {
        const bool all =
            one.at.address.is_unspecified() && one.at.address.is_v6() == address.is_v6();
        return one.role == session::Role::mx && one.at.port == smtp_port &&
               (all || one.at.address == address);
      });
}

bool is_on_this_host(const Ground& ground, const io::IpAddress& address) {
  const auto own = ground.doors.network.own_addresses();
  return std::ranges::find(own, address) != own.end();
}

io::Task<Finding> knock(io::Ref<const Ground> ground, io::IpAddress address) {
  const io::Endpoint at{.address = address, .port = smtp_port};
  Finding finding{.id = "port-25-in", .about = address.text(), .what = {}};
  if (!ground->serving) {
    finding.severity = Severity::unknown;
    finding.what = "the server does not run";
    co_return finding;
  }
  const auto greeting =
      co_await io::with_timeout(ground->doors.clock, connect_seconds_max, greeting_of(ground, at));
  if (greeting && greeting->code == 220) {
    const bool ours =
        !greeting->lines.empty() && base::istarts_with(greeting->lines.front(), ground->hostname);
    finding.what = fmt::format("{} answers", at.text());
    if (!ours) {
      finding.severity = Severity::mend;
      finding.what = fmt::format("somebody else answers at {}: {}", at.text(),
                                 base::printable(greeting->text(), 100));
      finding.remedy = "stop the other mail server, or give each its own address";
    }
    co_return finding;
  }
  const std::string why = greeting ? greeting->text() : greeting.error().text();
  // Behind NAT the way to our own public address may be closed for us alone.
  if (!is_on_this_host(*ground, address)) {
    finding.severity = Severity::unknown;
    finding.what = fmt::format("{} cannot be reached from inside: {}", at.text(), why);
    finding.remedy = "try it from another network";
    finding.paste = fmt::format("nc -v {} {}", address.text(), smtp_port);
    co_return finding;
  }
  finding.severity = Severity::mend;
  finding.what = fmt::format("nobody takes mail at {}: {}", at.text(), why);
  finding.remedy = "add a listener for other servers";
  finding.paste =
      fmt::format("[[listener]]\nname = \"smtp{0}\"\naddress = \"{1}:25\"\nrole = \"mx\"",
                  address.is_v6() ? "6" : "", address.is_v6() ? "[::]" : "0.0.0.0");
  if (listens_at(ground->config, address)) {
    finding.remedy = "there is a listener for it: look at the log, and at this host's firewall";
    finding.paste = "journalctl -u stagepost";
  }
  co_return finding;
}

// Addresses of the world (RFC 5737, RFC 3849) that no network of ours should hold.
constexpr std::array<std::string_view, 4> strangers = {"198.51.100.7", "203.0.113.7", "8.8.4.4",
                                                       "2001:db8:7::7"};

// How a recipient elsewhere may be dressed up, for the relays of old.
std::vector<message::Address> foreign_recipients(const std::string& domain) {
  const std::string elsewhere = "elsewhere.invalid";
  std::vector<message::Address> out = {{.local = "someone", .domain = elsewhere}};
  if (domain.empty()) return out;
  out.push_back({.local = "someone%" + elsewhere, .domain = domain});
  out.push_back({.local = "someone@" + elsewhere, .domain = domain});
  out.push_back({.local = elsewhere + "!someone", .domain = domain});
  return out;
}

// Who may do what nobody should; empty: nobody.
std::string relayed(const Ground& ground, std::string_view stranger, const message::Address& to) {
  policy::Transaction transaction;
  const auto address = io::IpAddress::parse(stranger);
  if (!address) return {};
  transaction.peer = {.address = *address, .port = 40'000};
  message::Recipient recipient;
  recipient.address = to;
  const auto verdict =
      policy::check_recipient(ground.config.policy, transaction, recipient, *ground.known);
  if (!verdict.verdict.accepted()) return {};
  for (const message::Recipient& one : verdict.recipients) {
    if (ground.known->is_local_domain(one.address.domain)) continue;
    return fmt::format("{} may send to {}", stranger, to.text());
  }
  return {};
}

constexpr unsigned wide_bits_v4 = 8;
constexpr unsigned wide_bits_v6 = 32;

Finding too_wide(const io::IpNetwork& network) {
  return {.id = "relay",
          .about = network.text(),
          .severity = Severity::warning,
          .what = fmt::format("policy.relay_networks holds {}: that is more than one's own hosts",
                              network.text()),
          .remedy = "name the networks of your own hosts only"};
}

}  // namespace

io::Task<Findings> check_port_25_in(io::Ref<const Ground> ground) {
  if (ground->addresses.empty()) {
    co_return one({.id = "port-25-in",
                   .about = {},
                   .severity = Severity::unknown,
                   .what = "this host has only private addresses",
                   .remedy = "name the address that the world reaches it by",
                   .paste = "[doctor]\npublic_addresses = [\"THE-PUBLIC-ADDRESS\"]"});
  }
  Findings findings;
  for (const io::IpAddress& address : ground->addresses) {
    findings.push_back(co_await knock(ground, address));
  }
  co_return findings;
}

// Only the connection is tried, at a large receiver whose port 25 is always open.
io::Task<Findings> check_port_25_out(io::Ref<const Ground> ground) {
  const std::string& domain = ground->config.admin.doctor.probe_domain;
  Finding finding{.id = "port-25-out", .about = {}, .severity = Severity::unknown, .what = {}};
  if (domain.empty()) {
    finding.what = "it is not tried: doctor.probe_domain is empty";
    co_return one(std::move(finding));
  }
  const dns::Answer mx = co_await ground->resolver.query(domain, dns::Type::mx);
  if (mx.records.empty() || mx.records.front().mx.exchange.empty()) {
    finding.what =
        fmt::format("it could not be tried: {} has no MX that can be looked up here", domain);
    co_return one(std::move(finding));
  }
  const std::string host = mx.records.front().mx.exchange;
  const dns::Answer where = co_await dns::query_addresses(ground->resolver, host);
  base::Error last;
  for (const dns::Record& record : where.records) {
    const io::Endpoint to{.address = record.address, .port = smtp_port};
    auto stream = co_await io::with_timeout(ground->doors.clock, connect_seconds_max,
                                            ground->doors.network.connect(to, std::nullopt));
    if (stream) {
      finding.severity = Severity::ok;
      finding.what = fmt::format("{} of {} can be reached", to.text(), domain);
      co_return one(std::move(finding));
    }
    last = std::move(stream.error());
    last.detail = fmt::format("{}: {}", to.text(), last.detail);
  }
  if (where.records.empty()) {
    finding.what = fmt::format("it could not be tried: {} has no address here", host);
    co_return one(std::move(finding));
  }
  finding.severity = Severity::mend;
  finding.what = "no mail can leave: " + last.text();
  finding.remedy = "ask your provider to open port 25 towards the world, or send through a relay";
  finding.paste = "[delivery]\nrelay_host = \"smtp.provider.example:587\"";
  co_return one(std::move(finding));
}

// Asks the rule that every session asks.
io::Task<Findings> check_relay(io::Ref<const Ground> ground) {
  if (!ground->known) co_return Findings();
  Findings findings;
  for (const io::IpNetwork& network : ground->config.policy.relay_networks) {
    const unsigned wide = network.address.is_v6() ? wide_bits_v6 : wide_bits_v4;
    if (network.prefix_bits < wide) findings.push_back(too_wide(network));
  }
  const auto domains = ground->known->domains();
  const std::string domain = domains && !domains->empty() ? domains->front() : std::string();
  std::string open;
  for (const std::string_view stranger : strangers) {
    for (const message::Address& to : foreign_recipients(domain)) {
      const std::string found = relayed(*ground, stranger, to);
      if (!found.empty() && open.empty()) open = found;
    }
  }
  Finding finding{.id = "relay", .about = {}, .what = "strangers cannot send through this server"};
  if (!open.empty()) {
    finding.severity = Severity::mend;
    finding.what = "this is an open relay: " + open;
    finding.remedy = "take those networks out of policy.relay_networks: people log in instead";
    finding.paste = "[policy]\nrelay_networks = []";
  }
  findings.push_back(std::move(finding));
  co_return findings;
}

}  // namespace doctor
