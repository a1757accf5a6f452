// server/certificate/dns_solver.h: the challenge dns-01 (RFC 8555 §8.4) by dynamic update
// (RFC 2136).
//
// What:    adds the TXT record _acme-challenge.NAME (where a CNAME leads, if there is one), waits
//          until every name server of its zone serves it, deletes it afterwards.
// In/Out:  a Proof → in the DNS, then gone.
// Errors:  what the server says to the update, or which one does not serve the record; with the
//          remedy.
// Limits:  wait_max; dns::name_servers_max name servers, addresses_max of each; answer_seconds_max
//          each.
// Not here: messages (lib/dns/update.h), other challenges.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "lib/acme/order.h"
#include "lib/dns/resolver.h"
#include "lib/dns/update.h"
#include "lib/io/doors.h"

namespace server {

class DnsSolver final : public acme::Solver {
 public:
  static constexpr std::size_t addresses_max = 4;
  static constexpr auto answer_seconds_max = std::chrono::seconds(5);
  static constexpr std::uint16_t dns_port = 53;

  struct Parts {
    io::Doors doors;
    dns::Resolver& resolver;
    io::Endpoint server;  // takes the updates
    std::optional<dns::TsigKey> key;
    base::Duration wait_max;
  };
  explicit DnsSolver(Parts parts) : parts_(std::move(parts)) {}
  [[nodiscard]] std::string_view type() const override { return "dns-01"; }
  io::Task<base::Result<>> prepare(acme::Proof proof) override;
  io::Task<void> clean(acme::Proof proof) override;

 private:
  io::Task<base::Result<>> update(dns::Change change, std::string zone);
  // What is missing, in words; empty: every name server serves it.
  io::Task<std::string> missing(dns::Change record, std::vector<std::string> servers);
  io::Task<base::Result<>> wait_until_served(dns::Change record, std::vector<std::string> servers);

  Parts parts_;
  // What prepare() added, for clean().
  std::optional<dns::Change> added_;
  std::string added_zone_;
};

}  // namespace server
