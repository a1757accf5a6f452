// queue/events.h: what the queue tells the log, the trace and the metrics.
//
// What:    Teller makes the queue's events and counts them.
// In/Out:  one call per step of a message or recipient → EventSink, Counters.
// Errors:  none.
// Limits:  one event per recipient and attempt; replies are cut at reply_bytes_max.
// Not here: what the events are used for (trace/, admin/).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/io/clock.h"
#include "queue/message.h"
#include "queue/notifier.h"

namespace queue {

class Teller {
 public:
  static constexpr std::size_t reply_bytes_max = 1024;

  Teller(base::EventSink& events, base::Metrics& metrics, const io::Clock& clock);

  void queued(const MessageInfo& message);
  void delivered(const MessageInfo& message, std::size_t recipient, const Attempt& attempt);
  // next: when it is tried again.
  void deferred(const MessageInfo& message, std::size_t recipient, const Attempt& attempt,
                base::Time next);
  void failed(const MessageInfo& message, const ReportedRecipient& failed);
  void removed(const MessageInfo& message, std::size_t recipient, std::string_view reason);
  void held(MessageId id, std::string_view reason);
  void released(MessageId id, std::string_view reason);
  void retry_of_many(std::string_view destination, std::size_t messages, std::string_view reason);
  void retry(MessageId id, std::string_view reason);
  void done(MessageId id);
  void destination_deferred(std::string_view destination, std::string_view reply, base::Time next);
  // Something is wrong with ourselves: the store, the schedule.
  void trouble(std::string_view name, MessageId id, std::string detail);

  // How many messages this queue holds; the gauge is shared by all loops.
  void set_size(std::size_t messages);

 private:
  [[nodiscard]] base::Event about(const MessageInfo& message, std::size_t recipient,
                                  const Attempt& attempt, std::string_view name) const;
  void say(MessageId id, std::string_view name, std::string_view reason);

  base::EventSink& events_;
  const io::Clock& clock_;
  base::Counter& accepted_;
  base::Counter& delivered_;
  base::Counter& deferred_;
  base::Counter& failed_;
  base::Gauge& messages_;
  std::size_t size_ = 0;
};

}  // namespace queue
