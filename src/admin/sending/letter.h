// admin/sending/letter.h: a program's JSON as a message to send.
//
// What:    reads the fields of POST /api/v1/send and writes the RFC 5322 message that they mean.
// In/Out:  JSON object → Letter; pure, so that it may run on the pool and under the fuzzer.
// Errors:  invalid, naming the field and what it must be; a field that we do not know is refused.
// Limits:  LetterLimits; the request's octets were limited by the HTTP server.
// Not here: may this account send that (policy/), HTTP (send_route.cc), MIME (lib/message/compose).
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "admin/sending/wishes.h"
#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/message/address.h"

namespace sending {

struct LetterLimits {
  std::size_t recipients_max = 1'000;
  std::size_t attachments_max = 200;
  std::size_t headers_max = 50;
  std::size_t value_bytes_max = 8UL * 1024;  // of a subject, a name, a header's value
};

struct LetterFacts {
  base::Time now;
  std::string unique;    // letters and digits that nobody can foretell: Message-ID and boundaries
  std::string hostname;  // of the Message-ID when the author has no domain
  LetterLimits limits = {};
};

struct Letter {
  message::Address sender;  // of the envelope; both parts empty: the null sender
  std::vector<message::Address> recipients;
  std::optional<base::Time> send_at;
  Wishes wishes;
  std::string account;  // that the program has named; empty: none
  std::string message;  // with CRLF line ends
};

[[nodiscard]] base::Result<Letter> read_letter(const boost::json::object& fields,
                                               const LetterFacts& facts);

// "an@example.org" or "Name <an@example.org>"; a domain beyond ASCII becomes its A-labels.
[[nodiscard]] base::Result<message::Address> read_address(std::string_view field,
                                                          std::string_view text);
// Every CR, LF or CRLF becomes one CRLF.
[[nodiscard]] std::string with_crlf(std::string_view text);

}  // namespace sending
