// lib/message/submission.h: what a submission server owes to a header (RFC 6409 §8, RFC 5322).
//
// What:    Date, Message-ID and From are added where they are missing, addresses without a domain
//          get the account's, Bcc and Return-Path go, lines over 998 octets are folded; a header
//          that ends without an empty line gets one.
// In/Out:  the header as received and facts → edits of the received octets; pure.
// Errors:  none: a header of any shape is taken; what cannot be mended stays as it is.
// Limits:  the header's own (HeaderLimits); an edit per field that changes.
// Not here: who may write what into From (policy/author.h), the body (recode.h).
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "lib/message/address.h"
#include "lib/message/content.h"

namespace message {

inline constexpr std::size_t text_line_bytes_max = 998;  // RFC 5322 §2.1.1, without CRLF

struct SubmissionFacts {
  base::Time now;
  std::chrono::minutes zone{0};  // of the Date that is added
  std::string id;                // differs from message to message: the left side of a Message-ID
  std::string host;              // our name: its right side
  std::string account;           // its mailbox's address; empty: no From can be added
  std::string domain;            // for addresses that have none; empty: they stay so
};

// Where the fields end: at the empty line, or at the first line that is neither a field nor the
// continuation of one. `header` is what HeaderScanner::header() gives, so it has no empty line.
[[nodiscard]] std::size_t header_extent(std::string_view header);

struct CompletedHeader {
  std::vector<Edit> edits;  // in ascending order, for Content::apply
  // What the completion made of local parts alone in From and Sender (and their Resent- twins):
  // whether the account may write as them is the caller's to check.
  std::vector<std::string> authors;
};

[[nodiscard]] CompletedHeader complete_header(std::string_view header,
                                              const SubmissionFacts& facts);

// Behind the first line that is no field all is body, for everybody to read; programs that are less
// strict may take it for fields nevertheless. When something there is meant for a Bcc: the number
// of that first line (from 1); else 0.
[[nodiscard]] std::size_t line_before_lost_bcc(std::string_view header);

// The empty line that a header lacks when a line that is no field ends it; to be applied after all
// other edits.
[[nodiscard]] std::optional<Edit> missing_separator(std::string_view header);

// The addresses of a list (RFC 5322 §3.4) with the domain put where there is none:
// "bob, \"A, B\" <carol>" → "bob@d, \"A, B\" <carol@d>". What is no address stays as it is.
// nullopt: nothing to do.
struct CompletedList {
  std::string text;
  std::vector<std::string> addresses;  // those that got the domain
};
[[nodiscard]] std::optional<CompletedList> with_domain(std::string_view addresses,
                                                       std::string_view domain);

}  // namespace message
