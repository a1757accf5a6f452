// report/dsn_text.h: the small steps of writing a DSN: cleaning, wrapping, choosing the status.
//
// What:    functions from what a peer or a sender wrote to what may stand in our report.
// In/Out:  views → strings, without line ends inside unless they are meant.
// Errors:  none: harmful octets become spaces or question marks.
// Limits:  clean_bytes_max per value; header lines are cut at line_bytes_max.
// Not here: the order of the report (dsn.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/smtp/reply.h"
#include "queue/notifier.h"

namespace report {

inline constexpr std::size_t line_bytes_max = 998;  // RFC 5322 §2.1.1
inline constexpr std::size_t clean_bytes_max = 900;

// On one line: control characters become spaces; what is not UTF-8 becomes '?'. Cut at bytes_max.
[[nodiscard]] std::string clean(std::string_view text, std::size_t bytes_max = clean_bytes_max);
// As clean, and with '?' for everything that is not ASCII.
[[nodiscard]] std::string clean_ascii(std::string_view text);

// Lines of at most 72 columns, each after `indent`, CRLF line ends.
[[nodiscard]] std::string wrap(std::string_view text, std::string_view indent);

// The header out of the first octets of a message: whole lines, CRLF, at most bytes_max.
[[nodiscard]] std::string quoted_header(std::string_view content, std::size_t bytes_max);

// The status of RFC 3464 §2.3.4, from what the remote said last: 5 failed, 4 is late or expired, 2
// went well.
[[nodiscard]] smtp::EnhancedCode status_of(const queue::ReportedRecipient& report);
// "mx1.example.net [192.0.2.7]:25" → "mx1.example.net"; "" if that is no host (a Maildir).
[[nodiscard]] std::string remote_host(std::string_view remote);

// "Final-Recipient" and friends: "rfc822; a@b", or "utf-8; ä@b", without `utf8` "utf-8; \x{E4}@b"
// (RFC 6533 §3).
[[nodiscard]] std::string typed_address(std::string_view address, bool utf8);
// The same of an ORCPT as an envelope has it, "rfc822;a@b"; empty when it is none.
[[nodiscard]] std::string typed_orcpt(std::string_view orcpt, bool utf8);

}  // namespace report
