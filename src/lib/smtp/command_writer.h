// lib/smtp/command_writer.h: MAIL and RCPT as a client sends them (RFC 5321 §3.3, RFC 3461, RFC
// 6531).
//
// What:    writes the address and just those parameters that the peer offered.
// In/Out:  envelope, what the peer offers → one line with CRLF.
// Errors:  none. Whether the peer can take the message at all is asked first with `lacks`.
// Limits:  addresses are limited where they were parsed; control bytes cannot be in one.
// Not here: sending it, EHLO, conversion to 7 bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/time.h"
#include "lib/message/envelope.h"
#include "lib/smtp/extensions.h"
#include "lib/smtp/reply.h"

namespace smtp {

// Why this peer cannot take the message as it is: SMTPUTF8 (550 5.6.7), or 8-bit octets without
// 8BITMIME (554 5.6.3), or SIZE too small (552 5.3.4); nullopt when it can.
[[nodiscard]] std::optional<Reply> lacks(const message::Envelope& envelope, std::uint64_t size,
                                         const Extensions& peer);

// now: what is left of a deadline is told from then on (RFC 2852).
[[nodiscard]] std::string mail_line(const message::Envelope& envelope, std::uint64_t size,
                                    const Extensions& peer, base::Time now);
[[nodiscard]] std::string rcpt_line(const message::Recipient& recipient, const Extensions& peer);

}  // namespace smtp
