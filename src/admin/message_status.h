// admin/message_status.h: what became of one message, recipient by recipient.
//
// What:    joins what the trace has seen with what the queue has now.
// In/Out:  events of one message, in the order of time, and its line of the queue → status.
// Errors:  none: a message of which nothing is known has no recipients.
// Limits:  those of the trace: what it has forgotten is not known any more.
// Not here: finding the events (trace/), JSON for lists of messages.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "queue/queue.h"
#include "trace/record.h"

namespace admin {

struct RecipientStatus {
  std::string address;
  std::string state;   // queued, scheduled, held, deferred, delivered, failed, removed
  std::string reply;   // the other side's words, or ours
  std::string remote;  // who said them
  std::optional<base::Time> since;
  std::optional<base::Time> next_attempt;
};

struct MessageStatus {
  base::MessageId id;
  std::string from;
  std::string account;  // whose owner sent it; empty: nobody logged in to bring it
  std::string state;    // of it all: queued, scheduled, held, discarded, done
  std::string hold_reason;
  std::optional<base::Time> accepted;
  std::vector<RecipientStatus> recipients;  // by address
};

// `live`: its line of the queue, when it is there.
[[nodiscard]] MessageStatus status_of(base::MessageId id,
                                      const std::vector<trace::StoredEvent>& events,
                                      const std::optional<queue::Summary>& live);
[[nodiscard]] boost::json::object status_json(const MessageStatus& status);

}  // namespace admin
