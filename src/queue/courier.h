// queue/courier.h: who carries a message away.
//
// What:    the queue hands one message and some of its recipients (one destination) to a Courier.
// In/Out:  Parcel → one Outcome per recipient named in it; which destination a recipient has.
// Errors:  every trouble is an Outcome; a courier that stops early defers what it did not do.
// Limits:  recipients_per_attempt_max; the courier's own deadlines.
// Not here: SMTP, LMTP, Maildir (delivery/), reports that arrive (report/).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/io/task.h"
#include "queue/message.h"
#include "queue/store.h"

namespace queue {

// Where mail for an address goes. `key` names the per-destination queue: "local:demo.test",
// "relay:[192.0.2.1]:25", "mx:example.org".
inline constexpr std::string_view local_destination = "local:";  // how the key of ours begins
struct Destination {
  std::string key;
  bool operator==(const Destination&) const = default;
};

// Reads a message's final content piece by piece (own pieces and received spans, in order).
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // The next octets; empty at the end. The view lives until the next call.
  virtual io::Task<base::Result<std::string_view>> next() = 0;
  virtual void rewind() = 0;
};

struct Parcel {
  std::shared_ptr<const MessageInfo> message;
  std::vector<std::size_t> recipients;  // indexes into message->envelope.recipients
  Destination destination;
  std::uint32_t attempt = 1;   // 1 for the first
  BodyReader* body = nullptr;  // lives as long as the call
};

class Courier {
 public:
  Courier() = default;
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;
  virtual ~Courier() = default;
  // Destination of one of its recipients; pure, from settings and directory snapshot.
  [[nodiscard]] virtual Destination destination(const message::Envelope& envelope,
                                                const message::Recipient& recipient) const = 0;
  virtual io::Task<std::vector<Outcome>> deliver(Parcel parcel) = 0;
};

}  // namespace queue
