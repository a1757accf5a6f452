// trace/line.h: one event as one line of text.
//
// What:    human_line for terminals and files, json_line for machines.
// In/Out:  StoredEvent → a line without its line end.
// Errors:  none: control characters and broken UTF-8 are escaped, so a peer can forge no line.
// Limits:  those of record.h.
// Not here: timelines (explain.h), where lines go (log.h).
#pragma once

#include <string>
#include <string_view>

#include "trace/record.h"

namespace trace {

[[nodiscard]] std::string_view severity_name(base::Severity severity);

// 2026-11-23T14:00:00.123Z info message.accepted 01h… from=a@x.test reply="250 2.0.0 ok"
[[nodiscard]] std::string human_line(const StoredEvent& event);
// The same without its time, for a receiver that has its own.
[[nodiscard]] std::string untimed_line(const StoredEvent& event);
// {"ts":"…","level":"info","event":"message.accepted","message":"…","from":"a@x.test"}
[[nodiscard]] std::string json_line(const StoredEvent& event);

// Printable UTF-8 stays; control characters become \n, \r, \t, \xNN, as do octets that are no
// UTF-8.
[[nodiscard]] std::string escaped(std::string_view text);
// In quotation marks, as a text in JSON.
void append_json_text(std::string& out, std::string_view text);

}  // namespace trace
