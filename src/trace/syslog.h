// trace/syslog.h: the log's way to the local syslog.
//
// What:    one datagram per line to syslog's socket, in the form of RFC 3164 that local senders
//          use, facility mail; the receiver adds the time.
// In/Out:  lines that begin with their priority ("<4>warning …") → "<20>stagepost[17]: warning …".
// Errors:  a line that cannot be sent is lost, with the rest of its batch; they are counted.
// Limits:  patience with a slow receiver, once per batch.
// Not here: which events and how their lines look (log.h, line.h).
#pragma once

#include "trace/log.h"

namespace trace {

// RFC 5424 §6.2.1: 3 error, 4 warning, 6 informational, 7 debug.
[[nodiscard]] int priority_of(base::Severity severity);

[[nodiscard]] base::Result<Log::Output> syslog_output(const std::string& socket);

}  // namespace trace
