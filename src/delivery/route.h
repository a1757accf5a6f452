// delivery/route.h: which way mail for an address goes.
//
// What:    Router says local mailbox, relay host of a [[route]], or MX; and names the destination.
// In/Out:  recipient's and sender's address → Route; its key names the queue: "local:demo.test",
//          "mx:example.org", "relay:mx.isp.example:587", and "relay:mx.isp.example:587/an" where
//          some senders log in as an.
// Errors:  none: every address has a route; whether it leads anywhere is seen when it is used.
// Limits:  none; a look-up in the directory's snapshot and a walk over the routes.
// Not here: DNS (targets.h), whether the mailbox exists (couriers.cc).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/sender_pattern.h"
#include "delivery/settings.h"
#include "directory/directory.h"
#include "lib/message/address.h"

namespace delivery {

enum class RouteKind : std::uint8_t { local, lmtp, relay, mx };

struct Route {
  RouteKind kind = RouteKind::mx;
  std::string key;
  std::string domain;     // local, mx: A-labels, lower case; or an address literal
  std::string host;       // relay, lmtp: a name, "[address]" or "unix:/path"
  std::string unix_path;  // lmtp: of the socket; empty: host and port
  std::uint16_t port = 25;
  TlsDemand tls = TlsDemand::opportunistic;
  bool implicit_tls = false;
  bool require_tls = false;  // for a message with REQUIRETLS (RFC 8689)
  bool is_report = false;    // such a one without a sender, which is not lost for want of an offer
  std::string user;          // empty: no AUTH
  std::string password;
  std::string password_file;
  PlainAuth plain_auth = PlainAuth::verified;
  std::optional<io::IpAddress> source_ipv4;  // empty: that of Settings
  std::optional<io::IpAddress> source_ipv6;

  bool operator==(const Route&) const = default;
};

// Whom a message goes to and from whom it comes, as its next hop is told.
struct Parties {
  const message::Address& recipient;
  const message::Address& sender;
};

class Router {
 public:
  Router(std::shared_ptr<const Settings> settings, const directory::Directory& directory);

  // Our own domains first: no route takes mail away from a mailbox.
  [[nodiscard]] Route route(Parties parties) const;
  // Only its key.
  [[nodiscard]] std::string key(Parties parties) const;

 private:
  // Of a [[route]]; made once, not for each message.
  struct Way {
    std::string pattern;
    std::vector<SenderPattern> senders;
    std::optional<Route> relay;  // none: by MX
    TlsDemand tls;
    std::optional<io::IpAddress> source_ipv4;
    std::optional<io::IpAddress> source_ipv6;
  };
  [[nodiscard]] bool is_local(std::string_view domain) const;
  [[nodiscard]] const Way* way(std::string_view domain, const message::Address& sender) const;

  std::shared_ptr<const Settings> settings_;
  const directory::Directory* directory_;
  std::vector<Way> ways_;
};

// "example.org" matches itself, ".example.org" its subdomains, "*" all. Both lower case A-labels.
[[nodiscard]] bool domain_matches(std::string_view pattern, std::string_view domain);

}  // namespace delivery
