// trace/message_query.h: which messages are looked for.
//
// What:    what is asked of a message, and whether an event of it, or its row, answers that.
// In/Out:  MessageQuery; events and rows → yes or no; the keys that the index of a file must have.
// Errors:  none.
// Limits:  of very many recipients the events name the first ones: then it matches.
// Not here: finding the events (message_candidates.h, message_search.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "trace/message_row.h"
#include "trace/record.h"

namespace trace {

// What is empty matches everything; upper and lower case are alike.
struct MessageQuery {
  std::string text = {};       // part of the sender, of a recipient or of the id
  std::string sender = {};     // an address, or a part of one
  std::string recipient = {};  // likewise
  std::optional<base::Time> since = {};
  std::optional<base::Time> until = {};
  bool refused = false;  // only what was refused; else everything but what was refused at RCPT

  // Does an event of this name begin a row of the answer?
  [[nodiscard]] bool begins_row(std::string_view name) const;
  [[nodiscard]] bool in_time(base::Time time) const;
  // The recipients, between commas, of an event.
  [[nodiscard]] bool names_match(const EventView& event, std::string_view to) const;
  [[nodiscard]] bool sender_matches(std::string_view address) const;
  // By all that is known of the message.
  [[nodiscard]] bool matches(const MessageRow& row) const;
  // Of all of which a file must have an event, or nothing in it matches (index.h).
  [[nodiscard]] std::vector<std::uint64_t> keys() const;
};

// Is it a whole address, which the index can look up? "an@example.org", not "an@" or "@example".
[[nodiscard]] bool is_whole_address(std::string_view text);

}  // namespace trace
