// cli/check_mail_case.h: one mail to be rehearsed, as the command line or a JSON line gives it.
//
// What:    {"id", "message" | "message_base64" | "file", "ip", "helo", "from", "to",
//          "zone" | "zone_file", "now"} → MailCase.
// In/Out:  one line of JSON, and what the command line said for lines that leave it out.
// Errors:  invalid and io, in words that name the key.
// Limits:  message_bytes_max, zone_bytes_max.
// Not here: running it (check_mail.h).
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "policy/rehearsal.h"

namespace cli {

inline constexpr std::size_t message_bytes_max = 64UL << 20;
inline constexpr std::size_t zone_bytes_max = 32UL << 20;

struct MailCase {
  boost::json::value id;  // given back as it came
  policy::RehearsedMail mail;
  std::optional<std::string> zone;  // zone-file text; none: the DNS of this host
  std::optional<base::Time> now;
};

[[nodiscard]] base::Result<MailCase> read_case(const boost::json::object& line,
                                               const MailCase& defaults);

// "<you@example.org>", "you@example.org", "" and "<>"; what RFC 5321 does not allow is taken apart
// at its last "@", for suites that ask about such addresses.
[[nodiscard]] message::Address read_address(std::string_view text);
// RFC 3339 ("2026-11-23T14:00:00Z", "2026-11-23 14:00:00+01:00"), seconds since 1970, RFC 5322.
[[nodiscard]] base::Result<base::Time> read_when(std::string_view text);
// "-" is standard input.
[[nodiscard]] base::Result<std::string> read_text_file(const std::string& path,
                                                       std::size_t bytes_max);

}  // namespace cli
