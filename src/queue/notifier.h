// queue/notifier.h: who writes the reports to the sender.
//
// What:    the queue asks for the DSN (RFC 3464) about recipients that failed, are late, or were
//          delivered to when the sender wanted to know; report/ implements it.
// In/Out:  message, recipients of one action, what is quoted → a NewMessage, committed with the end
//          of the original; or none.
// Errors:  none: for the null sender, a DSN or NOTIFY=NEVER there is none (RFC 3461 §5.2, invariant
//          3).
// Limits:  the quoted part of the original is bounded (report settings).
// Not here: when (queue_attempt.cc, queue_report.cc), how it is sent (like any message).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "queue/message.h"
#include "queue/store.h"

namespace queue {

// RFC 3464 §2.3.3
enum class Action : std::uint8_t { failed, delayed, delivered, relayed, expanded };

struct ReportedRecipient {
  std::size_t recipient = 0;
  Attempt attempt;
  Action action = Action::failed;
  bool expired = false;    // failed after expire_after, the last trouble is in attempt
  bool by = false;         // RFC 2852: told because of the deadline that its sender set
  bool by_kept = false;    // with relayed: the next server knows that
  base::Time retry_until;  // with delayed: when it is given up
};

// What is sent back of the original.
struct Quoted {
  std::string_view content;  // its first octets
  bool whole = false;        // they are all of it: the sender asked for that (RET=FULL)
};

// Who is told of it: the sender; of a list's member the list's owner, who hears nothing of its
// being expanded.
[[nodiscard]] inline const message::Address& hears(const MessageInfo& original,
                                                   const ReportedRecipient& one) {
  const message::Envelope& envelope = original.envelope;
  return one.action == Action::expanded ? envelope.sender
                                        : envelope.hears_of(envelope.recipients.at(one.recipient));
}

class Notifier {
 public:
  Notifier() = default;
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  virtual ~Notifier() = default;
  // All recipients have the same action, and the same address hears of them.
  [[nodiscard]] virtual std::optional<NewMessage> report(
      const MessageInfo& original, const std::vector<ReportedRecipient>& recipients, Quoted quoted,
      MessageId new_id, base::Time now) = 0;
  // A larger message is not sent back as a whole, whatever its sender asked for.
  [[nodiscard]] virtual std::uint64_t returned_bytes_max() const { return 0; }
};

}  // namespace queue
