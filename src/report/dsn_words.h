// report/dsn_words.h: what a report says to people.
//
// What:    the subject and the first part of a DSN: what happened, the remote's own words, what
//          they mean, what the sender can do.
// In/Out:  DsnInput and the recipients it tells of → text, CRLF line ends.
// Errors:  none.
// Limits:  lines of 72 columns, but for the remote's own.
// Not here: the part for programs (dsn.cc), what a status means (meaning.h).
#pragma once

#include <string>
#include <vector>

#include "lib/message/envelope.h"
#include "report/dsn.h"

namespace report {

struct Told {
  const queue::ReportedRecipient& report;
  const message::Recipient& recipient;
  std::string address;  // the one that the sender wrote
};

// What the remote said, with the address behind an alias hidden: where an alias leads is not the
// sender's business (RFC 3464 §4.2).
[[nodiscard]] std::string hidden(const Told& told, std::string text);

// whole: the original comes back in full.
[[nodiscard]] std::string words_for_people(const Settings& settings, const DsnInput& input,
                                           const std::vector<Told>& told, bool whole);
[[nodiscard]] std::string subject_field(const std::vector<Told>& told, std::size_t count);

}  // namespace report
