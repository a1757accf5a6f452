// See syslog.h.
#include "trace/syslog.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "lib/io/real/local_datagram.h"

namespace trace {
namespace {

constexpr int facility_mail = 2 << 3;  // RFC 5424 §6.2.1
// A restart of the receiver takes less; the log's thread waits, and nobody else.
constexpr base::Duration patience = std::chrono::seconds(1);

// "<4>warning a.b" → "<20>stagepost[17]: warning a.b". Log writes one digit.
std::string as_message(std::string_view line) {
  const int priority = line[1] - '0';
  return fmt::format("<{}>stagepost[{}]: {}", facility_mail + priority, ::getpid(), line.substr(3));
}

std::size_t send(const io::real::LocalDatagram& socket, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1);
    // Who was not there, or too slow, for this line is so for the next.
    if (!socket.send(as_message(lines.substr(0, end)))) {
      return static_cast<std::size_t>(std::ranges::count(lines, '\n'));
    }
    lines.remove_prefix(end + 1);
  }
  return 0;
}

}  // namespace

int priority_of(base::Severity severity) {
  switch (severity) {
    case base::Severity::debug: return 7;
    case base::Severity::info: return 6;
    case base::Severity::warning: return 4;
    case base::Severity::error: return 3;
  }
  return 6;
}

base::Result<Log::Output> syslog_output(const std::string& socket) {
  auto opened = io::real::LocalDatagram::open(socket, patience);
  if (!opened) {
    return base::fail(opened.error().kind, "log.syslog_socket: " + opened.error().detail);
  }
  auto shared = std::make_shared<io::real::LocalDatagram>(std::move(*opened));
  return Log::Output([shared](std::string_view lines) { return send(*shared, lines); });
}

}  // namespace trace
