// session/settings.h: the settings of session/.
//
// What:    listeners and the limits of a conversation.
// In/Out:  filled by config/; immutable, a session keeps those it began with.
// Errors:  none here.
// Limits:  see the fields; each has its RFC 5321 §4.5.3 minimum in mind.
// Not here: who may relay (policy/settings.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/address.h"

namespace session {

enum class Role : std::uint8_t {
  mx,          // mail from other servers: no AUTH, local recipients (and listed networks)
  submission,  // mail from people's clients: AUTH required before MAIL
};

enum class Protocol : std::uint8_t {
  smtp,
  lmtp,  // RFC 2033: a mail server in front hands on to us what it has taken
};

enum class Tls : std::uint8_t { none, starttls, implicit };

struct ListenerSetting {
  std::string name;  // in logs and metrics: "smtp"
  io::Endpoint at;
  std::string socket_path = {};  // of a unix socket, in place of `at`
  unsigned socket_mode = 0660;
  Role role = Role::mx;
  Protocol protocol = Protocol::smtp;
  Tls tls = Tls::starttls;
  std::vector<io::IpNetwork> clients = {};  // who may connect; empty: everybody
  std::vector<io::IpNetwork> proxies = {};  // their connections begin with a PROXY header
  std::vector<io::IpNetwork> xclient = {};  // they may say for whom they speak

  [[nodiscard]] std::string place() const {
    return socket_path.empty() ? at.text() : "unix:" + socket_path;
  }
};

struct Settings {
  std::string hostname;  // greeting and EHLO
  std::vector<ListenerSetting> listeners;
  std::string certificate_path;  // PEM chain; empty: self-signed
  std::string key_path;
  std::uint64_t message_bytes_max = 50'000'000;  // SIZE (RFC 1870)
  std::size_t recipients_max = 1'000;            // per message; RFC 5321 §4.5.3.1.8: ≥ 100
  std::size_t command_line_bytes_max = 2'048;    // RFC 5321 §4.5.3.1.4: ≥ 512
  std::size_t text_line_bytes_max = 100'000;     // in DATA; RFC 5321 asks for ≥ 1000
  // Of submissions: nobody is told where people's clients are; bodies are made fit for other
  // servers, as far as a part that must be recoded is not larger; mail waits for its hour.
  bool private_received = true;
  bool recode = true;
  std::size_t recode_part_bytes_max = 8UL << 20U;
  std::size_t recode_memory_bytes_max = 96UL << 20U;  // per loop, half of it for one message
  base::Duration hold_for_max = std::chrono::hours(30 * 24);  // 0: FUTURERELEASE is not offered
  base::Duration deliver_by_min = std::chrono::minutes(1);    // with mode R (RFC 2852)
  int priority_max = 9;                                       // of our people (RFC 6710)
  unsigned failed_logins_max = 5;                             // per session, then 421
  unsigned errors_max = 20;                                   // 5yz answers before 421
  unsigned unknown_recipients_max = 50;  // per session, then 421: address harvesting
  std::size_t messages_per_session_max = 10'000;
  std::size_t connections_max = 5'000;                       // per loop
  std::size_t connections_per_address_max = 200;             // per loop
  base::Duration command_timeout = std::chrono::minutes(5);  // RFC 5321 §4.5.3.2.7
  base::Duration data_timeout = std::chrono::minutes(5);     // between two data blocks
  base::Duration session_time_max = std::chrono::hours(4);
  base::Duration tls_timeout = std::chrono::seconds(30);
  // For a PROXY header; its specification asks for 3 seconds at least, which a lost packet takes.
  base::Duration proxy_timeout = std::chrono::seconds(5);
  base::Duration stop_grace = std::chrono::seconds(20);
  bool tell_moments = false;   // [otel]: accepted and refused messages say when their parts began
  bool tell_subjects = false;  // [privacy] subjects = "keep": events of a message have its subject
};

}  // namespace session
