// lib/smtp/limits.h: the numbers of RFC 5321 §4.5.3.
//
// What:    least sizes that every server must take, our defaults above them, and timeouts per step.
// In/Out:  constants.
// Errors:  none.
// Limits:  these are they; settings of session/ and delivery/ take their defaults from here.
// Not here: lengths of addresses (lib/message/address.h).
#pragma once

#include <chrono>
#include <cstddef>

#include "lib/base/time.h"

namespace smtp {

// RFC 5321 §4.5.3.1. Lengths include the CRLF.
inline constexpr std::size_t reply_line_bytes_max = 512;  // §4.5.3.1.5
inline constexpr std::size_t text_line_bytes_rfc = 1000;  // §4.5.3.1.6
inline constexpr std::size_t recipients_min = 100;        // §4.5.3.1.8: no server may take fewer
inline constexpr std::size_t message_bytes_min = 65'536;  // §4.5.3.1.7

// What we take. Extensions add to the 512 octets of §4.5.3.1.4 (ORCPT alone 500), so 2048.
inline constexpr std::size_t command_line_bytes_max = 2048;
inline constexpr std::size_t auth_line_bytes_max = 12'288;  // RFC 4954 §4
// Mail with lines beyond 1000 octets is common and harmless to store.
inline constexpr std::size_t data_line_bytes_max = 100'000;
// What we read of another server.
inline constexpr std::size_t peer_reply_line_bytes_max = 2048;
inline constexpr std::size_t peer_reply_lines_max = 100;

// RFC 5321 §4.5.3.2: how long a client waits at least.
inline constexpr base::Duration greeting_timeout = std::chrono::minutes(5);    // §4.5.3.2.1
inline constexpr base::Duration mail_timeout = std::chrono::minutes(5);        // §4.5.3.2.2
inline constexpr base::Duration rcpt_timeout = std::chrono::minutes(5);        // §4.5.3.2.3
inline constexpr base::Duration data_init_timeout = std::chrono::minutes(2);   // §4.5.3.2.4
inline constexpr base::Duration data_block_timeout = std::chrono::minutes(3);  // §4.5.3.2.5
inline constexpr base::Duration data_done_timeout = std::chrono::minutes(10);  // §4.5.3.2.6
// §4.5.3.2.7: how long a server waits for the next command.
inline constexpr base::Duration server_timeout = std::chrono::minutes(5);
// EHLO, STARTTLS, RSET, QUIT and AUTH have no number of their own in the RFC.
inline constexpr base::Duration command_timeout = std::chrono::minutes(5);
inline constexpr base::Duration quit_timeout = std::chrono::seconds(10);

}  // namespace smtp
