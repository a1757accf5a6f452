// queue/notifier.h: who writes the report to the sender.
//
// What:    the queue asks for the DSN of recipients that failed; report/ implements it.
// In/Out:  message and final outcomes → a NewMessage, committed with the end of the original; or
//          none.
// Errors:  none: for the null sender, a DSN or NOTIFY=NEVER there is none (RFC 3461 §5.2, invariant
//          3).
// Limits:  the quoted part of the original is bounded (report settings).
// Not here: when (queue.cc), how it is sent (like any message).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "queue/message.h"
#include "queue/store.h"

namespace queue {

struct FailedRecipient {
  std::size_t recipient = 0;
  Attempt attempt;
  bool expired = false;  // gave up after expire_after, the last trouble is in attempt
};

class Notifier {
 public:
  Notifier() = default;
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  virtual ~Notifier() = default;
  // `header`: the first octets of the original content (its header, at most header_bytes_max).
  [[nodiscard]] virtual std::optional<NewMessage> failure(
      const MessageInfo& original, const std::vector<FailedRecipient>& failed,
      std::string_view header, MessageId new_id, base::Time now) = 0;
};

}  // namespace queue
