// See host_checks.h.
#include "cli/host_checks.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/io/deadline.h"
#include "lib/io/network.h"

namespace cli {
namespace {

constexpr base::Duration check_timeout = std::chrono::seconds(5);
// A large receiver whose port 25 is always open: only the connection is tried, nothing is said.
constexpr std::string_view probe_domain = "gmail.com";

Finding good(std::string text) { return {Finding::Kind::good, std::move(text)}; }
Finding bad(std::string text) { return {Finding::Kind::bad, std::move(text)}; }
Finding unknown(std::string text) { return {Finding::Kind::unknown, std::move(text)}; }

io::Task<Finding> check_ptr(dns::Resolver* resolver, io::IpAddress address, std::string hostname) {
  const dns::Answer answer = co_await resolver->query(address.reverse_name(), dns::Type::ptr);
  if (answer.status == dns::Status::ok) {
    for (const dns::Record& record : answer.records) {
      if (base::iequals(record.data, hostname)) {
        co_return good(fmt::format("PTR of {} is {}", address.text(), hostname));
      }
    }
    co_return bad(fmt::format("PTR of {} is {}, not {}: change it where you rent the address",
                              address.text(), answer.records.front().data, hostname));
  }
  if (dns::is_negative(answer.status)) {
    co_return bad(fmt::format("{} has no PTR: set it to {} where you rent the address",
                              address.text(), hostname));
  }
  co_return unknown(
      fmt::format("PTR of {} could not be looked up: {}", address.text(), answer.why));
}

io::Task<Finding> check_name(dns::Resolver* resolver, MailHost host) {
  const dns::Answer answer = co_await dns::query_addresses(*resolver, host.hostname);
  if (answer.status == dns::Status::ok) {
    for (const dns::Record& record : answer.records) {
      if (std::ranges::find(host.addresses, record.address) != host.addresses.end()) {
        co_return good(fmt::format("HELO name {} leads to this host", host.hostname));
      }
    }
    co_return bad(fmt::format("HELO name {} leads to {}, which is not this host", host.hostname,
                              answer.records.front().address.text()));
  }
  if (dns::is_negative(answer.status)) {
    co_return bad(
        fmt::format("HELO name {} has no address yet: publish the records above", host.hostname));
  }
  co_return unknown(
      fmt::format("HELO name {} could not be looked up: {}", host.hostname, answer.why));
}

io::Task<Finding> check_port_25(io::Doors doors, dns::Resolver* resolver) {
  const dns::Answer mx = co_await resolver->query(std::string(probe_domain), dns::Type::mx);
  if (mx.status != dns::Status::ok) {
    co_return unknown(
        "outbound port 25 could not be tried: no MX of another site can be looked up");
  }
  const dns::Answer where =
      co_await dns::query_addresses(*resolver, mx.records.front().mx.exchange);
  if (where.status != dns::Status::ok) {
    co_return unknown("outbound port 25 could not be tried: another site's MX has no address here");
  }
  const io::Endpoint to{.address = where.records.front().address, .port = 25};
  auto stream = co_await io::with_timeout(doors.clock, check_timeout,
                                          doors.network.connect(to, std::nullopt));
  if (stream) co_return good("outbound port 25 is open");
  co_return bad(
      fmt::format("outbound port 25 seems to be blocked ({} to {}): ask your provider to "
                  "open it, or set delivery.relay_host",
                  stream.error().text(), to.text()));
}

}  // namespace

std::vector<io::IpAddress> public_addresses(io::Doors doors) {
  std::vector<io::IpAddress> out;
  for (const io::IpAddress& address : doors.network.own_addresses()) {
    if (!address.is_private() && !address.is_unspecified()) out.push_back(address);
  }
  return out;
}

io::Task<std::vector<Finding>> check_host(io::Doors doors, dns::Resolver* resolver, MailHost host) {
  std::vector<Finding> findings;
  if (host.addresses.empty()) {
    findings.push_back(unknown("PTR: this host has only private addresses; check the public one"));
  }
  for (const io::IpAddress& address : host.addresses) {
    findings.push_back(co_await check_ptr(resolver, address, host.hostname));
  }
  findings.push_back(co_await check_name(resolver, host));
  findings.push_back(co_await check_port_25(doors, resolver));
  co_return findings;
}

}  // namespace cli
