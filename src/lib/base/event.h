// lib/base/event.h: what happened, as a value, and whom to tell.
//
// What:    one Event per step of a message or session; the log, trace/ and tests read the same
//          ones.
// In/Out:  a part makes an Event and gives it to the EventSink that it was constructed with.
// Errors:  emit never fails and never blocks: a sink that cannot keep up drops and counts.
// Limits:  fields_max; values are cut at value_bytes_max by the sinks.
// Not here: writing lines (trace/log.h), counters (metrics.h).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/id.h"
#include "lib/base/time.h"

namespace base {

enum class Severity : std::uint8_t { debug, info, warning, error };

struct Event {
  Severity severity = Severity::info;
  std::string_view name;  // a literal: "session.connect", "message.accepted", "recipient.delivered"
  Time time;
  SessionId session;  // 0 when none
  MessageId message;  // 0 when none
  // In order; keys are literals: {"from", "a@x"}, {"reply", "550 5.1.1 …"}.
  std::vector<std::pair<std::string_view, std::string>> fields;
};

class EventSink {
 public:
  EventSink() = default;
  EventSink(const EventSink&) = delete;
  EventSink& operator=(const EventSink&) = delete;
  virtual ~EventSink() = default;
  virtual void emit(const Event& event) = 0;  // called from every loop: must be thread-safe
};

}  // namespace base
