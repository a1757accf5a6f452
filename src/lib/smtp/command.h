// lib/smtp/command.h: one command line of a client → what it asks for (RFC 5321 §4.1).
//
// What:    parse_command splits verb and argument; parse_mail, parse_rcpt, parse_helo, parse_bdat
//          read arguments.
// In/Out:  text → values, or the Reply that refuses it.
// Errors:  std::unexpected<Reply>: 501 for bad syntax, 555 for a parameter that we do not offer,
//          553 for a UTF-8 address without SMTPUTF8, 552 for a SIZE above ours.
// Limits:  the line was limited by CommandReader; addresses by lib/message/address.h; ENVID and
//          ORCPT here.
// Not here: whether the command is allowed now (session/), whether the address exists (policy/).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "lib/message/address.h"
#include "lib/message/envelope.h"
#include "lib/smtp/deliver_by.h"
#include "lib/smtp/extensions.h"
#include "lib/smtp/future_release.h"
#include "lib/smtp/reply.h"

namespace smtp {

inline constexpr std::size_t envid_bytes_max = 100;  // RFC 3461 §4.4
inline constexpr std::size_t orcpt_bytes_max = 500;  // RFC 3461 §4.2

enum class Verb : std::uint8_t {
  helo,
  ehlo,
  lhlo,
  mail,
  rcpt,
  data,
  bdat,
  rset,
  noop,
  vrfy,
  expn,
  help,
  quit,
  starttls,
  auth,
  etrn,
  xclient,
  unknown,
};

[[nodiscard]] std::string_view to_string(Verb verb);  // "MAIL"; "unknown"

struct Command {
  Verb verb = Verb::unknown;
  std::string_view argument;  // a part of the line, without spaces at the ends
};

// The line without its CRLF.
[[nodiscard]] Command parse_command(std::string_view line);

enum class Body : std::uint8_t { unset, seven_bit, eight_bit_mime, binary_mime };

struct MailParams {
  message::Address sender;            // null for <>
  std::optional<std::uint64_t> size;  // RFC 1870
  Body body = Body::unset;            // RFC 6152, RFC 3030
  bool smtputf8 = false;              // RFC 6531
  bool requiretls = false;            // RFC 8689
  message::Envelope::Ret ret = message::Envelope::Ret::unset;
  std::string envid;                    // decoded
  Hold hold;                            // RFC 4865
  std::optional<By> by;                 // RFC 2852
  std::optional<std::int8_t> priority;  // RFC 6710
  std::optional<std::string> auth;      // RFC 4954 §5, decoded: "a@b" or "<>"
};

struct RcptParams {
  message::Address recipient;  // domain empty for <postmaster>
  std::uint8_t notify = message::notify_default;
  std::string orcpt;  // decoded: "rfc822;someone@example.org"
};

struct BdatParams {
  std::uint64_t size = 0;
  bool last = false;
};

// The argument of MAIL: "FROM:<a@b> SIZE=1000 BODY=8BITMIME".
[[nodiscard]] std::expected<MailParams, Reply> parse_mail(std::string_view argument,
                                                          const Extensions& offered);
// The argument of RCPT: "TO:<a@b> NOTIFY=NEVER". smtputf8: MAIL of this transaction said SMTPUTF8.
[[nodiscard]] std::expected<RcptParams, Reply> parse_rcpt(std::string_view argument,
                                                          const Extensions& offered, bool smtputf8);
// The name after HELO, EHLO or LHLO. Any single word of printable characters is taken: real clients
// send names that are no domains, and judging them is policy.
[[nodiscard]] std::expected<std::string, Reply> parse_helo(std::string_view argument);
// RFC 3030 §2: "1000" or "1000 LAST".
[[nodiscard]] std::expected<BdatParams, Reply> parse_bdat(std::string_view argument);

}  // namespace smtp
