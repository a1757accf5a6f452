// lib/smtp/extensions.h: what a server offers after EHLO (RFC 5321 §4.1.1.1).
//
// What:    Extensions as a struct; ehlo_lines writes it for our reply, parse_ehlo reads a peer's.
// In/Out:  Extensions ↔ lines such as "SIZE 52428800".
// Errors:  unknown keywords and malformed parameters of a peer are passed over.
// Limits:  as many lines as a Reply may have.
// Not here: the greeting line of the EHLO reply, when to offer STARTTLS and AUTH (session/).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/smtp/future_release.h"
#include "lib/smtp/reply.h"

namespace smtp {

struct Extensions {
  bool pipelining = false;      // RFC 2920
  bool eightbitmime = false;    // RFC 6152
  bool starttls = false;        // RFC 3207
  bool enhanced_codes = false;  // RFC 2034
  bool smtputf8 = false;        // RFC 6531
  bool chunking = false;        // RFC 3030
  bool binarymime = false;      // RFC 3030
  bool dsn = false;             // RFC 3461
  bool requiretls = false;      // RFC 8689
  bool mt_priority = false;     // RFC 6710; we name no policy, and a peer's is passed over
  // RFC 1870; 0 says "no fixed limit", absent says SIZE is not offered.
  std::optional<std::uint64_t> size;
  std::optional<FutureRelease> future_release;  // RFC 4865
  // RFC 2852 DELIVERBY: the least by-time with mode R, in seconds; 0: there is none.
  std::optional<std::uint64_t> deliver_by;
  std::vector<std::string> auth;          // RFC 4954 mechanisms in upper case; empty: not offered
  std::vector<std::string> xclient;       // attributes; empty: not offered
  std::optional<std::uint64_t> rcpt_max;  // RFC 9422 LIMITS RCPTMAX
  std::optional<std::uint64_t> mail_max;  // RFC 9422 LIMITS MAILMAX

  bool operator==(const Extensions&) const = default;
  [[nodiscard]] bool has_auth(std::string_view mechanism) const;
};

// One line per offered extension, without codes; goes after the line with our name.
[[nodiscard]] std::vector<std::string> ehlo_lines(const Extensions& offered);
// The first line of the reply is the peer's name and is passed over.
[[nodiscard]] Extensions parse_ehlo(const Reply& reply);

}  // namespace smtp
