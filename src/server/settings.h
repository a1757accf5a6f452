// server/settings.h: the settings of the process itself.
//
// What:    the state folder, the number of loops, and where the certificate comes from.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  loops_max.
// Not here: everything that a module owns (its own settings.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/address.h"

namespace server {

inline constexpr unsigned loops_max = 16;
inline constexpr unsigned node_max = 15;  // node and loop share 8 bits of every message id

// How a name is proved to be ours (RFC 8555 §8.3, §8.4; RFC 8737).
enum class Challenge : std::uint8_t { http_01, tls_alpn_01, dns_01 };

struct AcmeSettings {
  std::string directory_url;         // empty: off
  std::string email;                 // where the authority writes to; empty: nowhere
  std::vector<std::string> domains;  // names of the certificate; empty: the host name
  Challenge challenge = Challenge::http_01;
  // Open only while the authority looks; a place that [clients] serves is served there.
  std::vector<io::Endpoint> http_listen = {{.address = io::IpAddress(), .port = 80},
                                           {.address = io::IpAddress::v6({}), .port = 80}};
  std::vector<io::Endpoint> tls_listen = {{.address = io::IpAddress(), .port = 443},
                                          {.address = io::IpAddress::v6({}), .port = 443}};
  std::string dns_server;  // takes updates (RFC 2136): "192.0.2.53", "127.0.0.1:5353"
  std::string tsig_key_name;
  std::string tsig_secret_file;  // base64, of hmac-sha256; empty: updates are not signed
  base::Duration dns_wait_max = std::chrono::minutes(2);  // for every name server to serve it
  std::string ca_file;  // whom to believe about the authority's own server; empty: the system
  std::string folder;   // state folder + "/acme"
  base::Duration renew_before{0};      // 0: when a third of the lifetime is left
  base::Duration rotate_key_after{0};  // 0: the key stays
  std::vector<base::Duration> retry_after = {std::chrono::minutes(5), std::chrono::minutes(15),
                                             std::chrono::hours(1), std::chrono::hours(4),
                                             std::chrono::hours(12)};
  [[nodiscard]] bool on() const { return !directory_url.empty(); }
};

struct OtelSettings {
  std::string endpoint;              // "http://127.0.0.1:4318"; empty: off
  std::vector<std::string> headers;  // "Authorization: Bearer …"
  std::string ca_file;               // empty: the system's
  std::string service_name = "stagepost";
  unsigned ratio_percent = 100;  // of the traces
  base::Duration timeout = std::chrono::seconds(10);
  std::size_t queued_spans_max = 20'000;  // about 1 KiB each
  [[nodiscard]] bool on() const { return !endpoint.empty(); }
};

struct Settings {
  std::string state_folder;
  // Where the file was found; not settings of the file.
  std::string home = {};
  std::string config_path = {};
  unsigned loops = 0;         // 0: one per core
  unsigned pool_threads = 2;  // for blocking work
  unsigned node = 1;          // part of every message id
  bool sandbox = true;        // closes what is not needed to the process itself
  std::vector<std::string>
      dns_servers;              // "10.0.0.53", "127.0.0.1:5353"; empty: resolve from the root
                                // or by /etc/resolv.conf, see dns_from_system
  bool dns_from_system = true;  // use the name servers of /etc/resolv.conf
  // How often the files of [tls] are looked at, and whether a certificate is due.
  base::Duration tls_watch_every = std::chrono::minutes(1);
  AcmeSettings acme;
  OtelSettings otel;
};

}  // namespace server
