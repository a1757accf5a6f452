// report/dsn.h: the text of a report to the sender (RFC 3464, RFC 6522, RFC 6533).
//
// What:    multipart/report in three parts: plain words for people, message/delivery-status for
//          programs, the original's header or (RET=FULL) all of it.
// In/Out:  DsnInput → the whole message with its header, CRLF line ends.
// Errors:  none: whatever a peer said is reduced to harmless characters, so nothing can be
//          injected.
// Limits:  quoted_header_bytes_max of the original; recipients_told_max recipients; our own lines
//          have 998 octets at most.
// Not here: whether there is to be a report (notifier.h), its words for people (dsn_words.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/time.h"
#include "queue/message.h"
#include "queue/notifier.h"
#include "report/settings.h"

namespace report {

// More recipients than this are counted, not told one by one: a report must not be a flood itself.
inline constexpr std::size_t recipients_told_max = 500;

struct DsnInput {
  const queue::MessageInfo& original;
  const std::vector<queue::ReportedRecipient>& told;  // all of one action, at least one
  queue::Quoted quoted;
  base::MessageId id;  // of the report
  base::Time now;

  [[nodiscard]] const message::Address& hearer() const {
    return queue::hears(original, told.front());
  }
};

struct Dsn {
  std::string message;
  bool eight_bit = false;  // it holds octets above 127: the next hop must know
  bool smtputf8 = false;   // the address it goes to, or one in its header, is not ASCII

  // The fields, and what follows the empty line.
  [[nodiscard]] std::string_view header() const {
    return std::string_view(message).substr(0, message.find("\r\n\r\n") + 2);
  }
  [[nodiscard]] std::string_view body() const {
    return std::string_view(message).substr(header().size() + 2);
  }
};

[[nodiscard]] Dsn write_dsn(const Settings& settings, const DsnInput& input);

}  // namespace report
