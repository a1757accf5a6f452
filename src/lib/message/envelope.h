// lib/message/envelope.h: who sends a message and who is to get it.
//
// What:    Envelope is the sender, the recipients and what MAIL and RCPT asked for (RFC 5321, RFC
//          3461, RFC 2852, RFC 6710).
// In/Out:  plain values that session fills, the queue stores and delivery reads.
// Errors:  none.
// Limits:  the number of recipients is limited where they are accepted.
// Not here: parsing MAIL and RCPT (lib/smtp/command.h), the content (content.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/message/address.h"

namespace message {

// RFC 3461 §4.1 NOTIFY, as bits. notify_default: the sender said nothing, which means failure and,
// when it lasts, delay; it is a value of its own because it is then not passed on to the next hop.
inline constexpr std::uint8_t notify_default = 0;
inline constexpr std::uint8_t notify_never = 1;
inline constexpr std::uint8_t notify_success = 2;
inline constexpr std::uint8_t notify_failure = 4;
inline constexpr std::uint8_t notify_delay = 8;
// Ours, never on the wire: the recipient is one of several that an alias stands for, and the sender
// asked about success: the alias answers that itself, once (RFC 3461 §5.2.7.3).
inline constexpr std::uint8_t notify_expanded = 16;

// Does a recipient with this NOTIFY want a report of that kind (one of the bits)?
[[nodiscard]] constexpr bool notify_wants(std::uint8_t notify, std::uint8_t kind) {
  if (notify == notify_default) return kind == notify_failure || kind == notify_delay;
  return (notify & notify_never) == 0 && (notify & kind) != 0;
}

struct Recipient {
  Address address;
  Address original;   // before alias expansion: what the client wrote in RCPT
  std::string orcpt;  // RFC 3461 §4.2, decoded: "rfc822;someone@example.org"; empty if not given
  std::uint8_t notify = notify_default;
  // What MAIL says in the sender's place when this one gets the message: the owner of the list that
  // it is a member of, or our address for the sender of what we forward (SRS). Empty: the sender.
  Address return_path = {};
  bool of_list = false;  // return_path is a list's owner, who hears of it; else the sender does

  bool operator==(const Recipient&) const = default;
};

// RFC 2852: by when the sender wants the message delivered.
struct DeliverBy {
  enum class Mode : std::uint8_t {
    none,
    notify,     // N: its sender is told when the time is over, and it goes on
    give_back,  // R: it comes back when the time is over
  };

  Mode mode = Mode::none;
  bool trace = false;  // T: each server that passes it on tells the sender so
  base::Time deadline;

  [[nodiscard]] bool given() const { return mode != Mode::none; }
  // It must not be delivered any more.
  [[nodiscard]] bool lapsed(base::Time now) const {
    return mode == Mode::give_back && deadline <= now;
  }

  bool operator==(const DeliverBy&) const = default;
};

struct Envelope {
  enum class Ret : std::uint8_t { unset, full, headers };  // RFC 3461 §4.3

  Address sender;
  std::vector<Recipient> recipients;
  bool eight_bit = false;    // BODY=8BITMIME was said, or an 8-bit octet was seen
  bool binary = false;       // BODY=BINARYMIME (RFC 3030): only BDAT can carry it
  bool smtputf8 = false;     // SMTPUTF8 was said: every hop must offer it (RFC 6531 §3.4)
  bool require_tls = false;  // REQUIRETLS was said: every hop must keep it (RFC 8689)
  std::string envid;         // RFC 3461 §4.4, decoded; empty if not given
  Ret ret = Ret::unset;
  std::int8_t priority = 0;  // -9 to 9 (RFC 6710)
  DeliverBy by;

  // The sender as this recipient's next hop is told. RFC 5321 §4.5.5: <> is nobody else's.
  [[nodiscard]] const Address& mail_from(const Recipient& recipient) const {
    return sender.is_null() || recipient.return_path.is_null() ? sender : recipient.return_path;
  }
  // Who hears what became of this recipient.
  [[nodiscard]] const Address& hears_of(const Recipient& recipient) const {
    return recipient.of_list ? mail_from(recipient) : sender;
  }

  bool operator==(const Envelope&) const = default;
};

}  // namespace message
