// admin/settings.h: the settings of admin/.
//
// What:    where the HTTP port listens and where the control socket lies.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  connections_max, body_bytes_max; they hold for each handler.
// Not here: HTTP itself (lib/http).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/address.h"

namespace admin {

// Where people's mail programs are sent. An empty host is ours, a port of 0 is not offered.
struct ClientPlaces {
  std::string imap_host;
  std::uint16_t imaps_port = 993;  // TLS at once (RFC 8314 §3)
  std::uint16_t imap_port = 143;   // STARTTLS
  std::string smtp_host;
  std::uint16_t submissions_port = 465;
  std::uint16_t submission_port = 587;
};

// What others are told about TLS to our domains (RFC 8461).
enum class MtaStsMode : std::uint8_t { off, testing, enforce };
struct MtaStsSettings {
  MtaStsMode mode = MtaStsMode::testing;
  std::vector<std::string>
      mx;  // names of hosts that take our mail, or "*.example.org"; empty: ours
  base::Duration max_age = std::chrono::hours(24 * 7);
};

struct ClientSettings {
  ClientPlaces places;
  MtaStsSettings mta_sts;  // the policy is served on https
  // Besides [http], for the Internet: the pages for mail programs and nothing else.
  std::vector<io::Endpoint> http;
  std::vector<io::Endpoint> https;
};

// The HTTP API for programs, by token, and the web interface for administrators.
struct ApiSettings {
  std::vector<io::Endpoint> http;               // loopback only: a token goes over it as it is
  std::vector<io::Endpoint> https;              // with the certificate of [tls]
  std::uint32_t requests_per_minute_max = 600;  // of one token
  std::uint32_t failures_per_minute_max = 20;   // of one address, without a good token
  bool web = true;                              // the web interface at /admin/
  base::Duration session_idle = std::chrono::minutes(30);
  base::Duration session_time = std::chrono::hours(12);
  // Who may say for whom they ask (X-Forwarded-For, X-Forwarded-Proto).
  std::vector<io::IpNetwork> proxies = {};
  std::uint64_t send_bytes_max = 50'000'000;   // of a request that brings a message
  std::size_t idempotency_keys_max = 200'000;  // of a day
};

// Where events are told over HTTP.
struct WebhookSettings {
  std::vector<io::IpNetwork> allow_networks;  // besides the Internet: private ones, loopback
  bool allow_http = false;
  std::vector<std::uint16_t> ports = {443, 8443};
  std::size_t webhooks_max = 100;
  std::size_t pending_max = 100'000;  // events that wait, of all webhooks, and what was given up
  unsigned concurrency_max = 4;       // requests at once to one webhook
  base::Duration timeout = std::chrono::seconds(10);
  base::Duration retry_for = std::chrono::hours(24);
  base::Duration keep_parked_for = std::chrono::hours(7 * 24);
};

// What the doctor asks the world.
struct DoctorSettings {
  base::Duration every = std::chrono::hours(1);  // 0: only when somebody asks
  // Under which the world reaches us; empty: those of this host that are not private.
  std::vector<io::IpAddress> public_addresses;
  // Block lists that are asked about them, besides those of [[list]].
  std::vector<std::string> lists = {"zen.spamhaus.org", "bl.spamcop.net", "psbl.surriel.com",
                                    "bl.mailspike.net"};
  // Whose port 25 is knocked at, to see whether it can be reached; empty: nobody's.
  std::string probe_domain = "gmail.com";
  base::Duration keep_for = std::chrono::hours(14 * 24);  // what was found, by day
};

struct Settings {
  std::string idempotency_path;    // which mails were sent under which key
  std::string webhooks_path;       // webhooks and the events that wait for them
  std::vector<io::Endpoint> http;  // health and metrics; empty: no HTTP port
  std::string socket_path;         // state folder + "/control.sock", mode 0600
  std::size_t connections_max = 100;
  std::size_t connections_per_address_max = 30;  // of them, so that others get in
  std::size_t body_bytes_max = 1 << 20;
  ClientSettings clients;
  ApiSettings api;
  WebhookSettings webhooks;
  DoctorSettings doctor;
};

}  // namespace admin
