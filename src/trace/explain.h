// trace/explain.h: what happened, in words.
//
// What:    a timeline per message and session for people: when, what, and the other side's words.
// In/Out:  events in the order of time (reader.h) → lines of text.
// Errors:  none: an event that it does not know is shown by its name and fields.
// Limits:  the caller's number of events.
// Not here: finding them (reader.h), one line of the log (line.h).
#pragma once

#include <string>
#include <vector>

#include "lib/base/time.h"
#include "trace/record.h"

namespace trace {

struct ExplainOptions {
  base::Duration utc_offset{0};  // of the reader's clock; 0: times are shown in UTC
};

[[nodiscard]] std::string explain(const std::vector<StoredEvent>& events,
                                  ExplainOptions options = {});

// One event in words: "connected from 192.0.2.1:4711 to listener smtp". Of a judged mail there are
// several lines.
[[nodiscard]] std::string in_words(const StoredEvent& event);

}  // namespace trace
