// config/config.h: the configuration file, read into every module's Settings.
//
// What:    load() reads TOML text; check, docs and example come from the same table (table.h).
// In/Out:  text, its file name and the home folder → Config; or all mistakes at once.
// Errors:  invalid; detail has a line per mistake: "stagepost.toml:12: queue.expire_after: what is
//          wrong; the remedy".
// Limits:  file_bytes_max; errors_max mistakes are listed.
// Not here: reading the file (its caller does, by io::read_file), what a setting does (its module).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "admin/settings.h"
#include "delivery/settings.h"
#include "directory/settings.h"
#include "lib/base/result.h"
#include "policy/settings.h"
#include "queue/settings.h"
#include "report/settings.h"
#include "server/settings.h"
#include "session/settings.h"
#include "trace/settings.h"

namespace config {

inline constexpr std::size_t file_bytes_max = 1 << 20;
inline constexpr std::size_t errors_max = 50;

struct Config {
  server::Settings server;
  session::Settings session;
  policy::Settings policy;
  queue::Settings queue;
  delivery::Settings delivery;
  report::Settings report;
  directory::Settings directory;
  trace::Settings trace;
  admin::Settings admin;
};

// `home`: the folder that relative paths begin at; the state folder is home + "/state" and
// mailboxes are in home + "/mail" unless the file says otherwise.
[[nodiscard]] base::Result<Config> load(std::string_view text, std::string_view file_name,
                                        std::string_view home);

// docs/settings.md, generated from the table.
[[nodiscard]] std::string settings_markdown();

struct ExampleOptions {
  std::string hostname = "localhost";
  // On the loopback address, ports 2525, 2587, 2465 and a certificate of its own; else on all
  // addresses, ports 25, 587, 465. Metrics on 8025 and the API on 8026 of the loopback address.
  bool demo = true;
  std::uint16_t smtp_port = 0;  // 0: the ports above
  std::uint16_t submission_port = 0;
  std::uint16_t submissions_port = 0;
  std::uint16_t http_port = 0;
  std::uint16_t api_port = 0;
  std::string certificate_path = {};  // both or none: none is self-signed
  std::string key_path = {};
  std::string acme_url = {};  // of the authority's directory; empty: no certificates are ordered
  std::string acme_email = {};
  std::string acme_ca_file = {};
  std::string acme_challenge = {};  // empty: http-01
  // Where mail programs and other servers look for settings and policy; empty: nowhere.
  std::vector<io::Endpoint> client_http = {};
  std::vector<io::Endpoint> client_https = {};
  std::vector<io::IpAddress> public_addresses = {};  // empty: those of the host
  bool listen_v6 = true;                             // false on a host without IPv6
};

// The text that `stagepost init` writes; load() accepts it.
[[nodiscard]] std::string example_config(const ExampleOptions& options);

}  // namespace config
