// delivery/settings.h: the settings of delivery/.
//
// What:    where mail goes and how the SMTP client behaves.
// In/Out:  filled by config/; immutable once given to a courier.
// Errors:  none here.
// Limits:  see the fields.
// Not here: retry times and concurrency (queue/settings.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/address.h"
#include "lib/io/service_place.h"

namespace delivery {

enum class TlsDemand : std::uint8_t {
  none,           // never STARTTLS
  opportunistic,  // when offered; the certificate is not verified (RFC 7435)
  required,       // TLS or defer; not verified
  verified,       // TLS with a verified certificate or defer
};

// When a password may be shown to a relay host as it is (AUTH PLAIN and LOGIN), not only proven.
enum class PlainAuth : std::uint8_t {
  never,      // SCRAM only
  verified,   // under TLS with a verified certificate
  encrypted,  // under any TLS
  always,     // also without TLS
};

// One line of `[[route]]`; the first that matches wins, "*" matches all.
struct RouteSetting {
  std::string domain;                // "example.org", ".example.org" (its subdomains), "*"
  std::vector<std::string> senders;  // "an@example.org", "@example.org", "<>"; none: everybody's
  std::string host;                  // name or [address]; empty: by MX
  std::uint16_t port = 25;
  TlsDemand tls = TlsDemand::opportunistic;
  bool implicit_tls = false;  // port 465 style
  std::string user;           // AUTH at the relay host
  std::string password;
  std::string password_file;  // instead of `password`; read at each log-in
  PlainAuth plain_auth = PlainAuth::verified;
  std::optional<io::IpAddress> source_ipv4;  // instead of those of Settings
  std::optional<io::IpAddress> source_ipv6;
};

struct Settings {
  std::string hostname;     // EHLO name
  std::string mail_folder;  // DIR/DOMAIN/LOCAL/{tmp,new,cur}
  unsigned maildir_file_mode = 0600;
  io::ServicePlace lmtp;  // who keeps our mailboxes; empty: we do, as Maildirs
  std::vector<RouteSetting> routes;
  TlsDemand mx_tls = TlsDemand::opportunistic;
  std::uint16_t mx_port = 25;
  // Where we listen on mx_port ourselves: an MX that leads there is a loop (RFC 5321 §5.1). Not a
  // setting of the file: server/ fills it from the listeners.
  std::vector<io::IpAddress> own_addresses;
  std::vector<io::IpNetwork>
      never_connect_to;  // e.g. 127.0.0.0/8: an MX that points there is refused
  bool ipv6 = true;
  std::optional<io::IpAddress> source_ipv4;
  std::optional<io::IpAddress> source_ipv6;
  base::Duration connect_timeout = std::chrono::seconds(30);
  base::Duration command_timeout = std::chrono::minutes(5);  // RFC 5321 §4.5.3.2
  base::Duration data_block_timeout = std::chrono::minutes(3);
  base::Duration data_done_timeout = std::chrono::minutes(10);
  base::Duration attempt_timeout = std::chrono::minutes(60);  // one attempt in all
  base::Duration idle_connection = std::chrono::seconds(5);   // kept for the next message
  unsigned messages_per_connection_max = 1'000;
  unsigned idle_connections_max = 100;  // per loop
  unsigned addresses_tried_max = 5;     // of all MX hosts, per attempt
};

}  // namespace delivery
