// trace/settings.h: the settings of trace/ and of the log.
//
// What:    where events are kept, for how long, and how the log looks.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  bytes_max over all trace files: the oldest go first.
// Not here: what an event is (lib/base/event.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "lib/base/time.h"
#include "trace/privacy.h"

namespace trace {

enum class LogFormat : std::uint8_t { human, json };
enum class LogOutput : std::uint8_t { standard, syslog };

struct Settings {
  std::string folder;  // state folder + "/trace"
  std::uint64_t file_bytes_max = 16ULL << 20U;
  std::uint64_t bytes_max = 1024ULL << 20U;               // of all trace files
  base::Duration keep_for = std::chrono::hours(14 * 24);  // privacy: events are forgotten
  LogFormat log_format = LogFormat::human;
  LogOutput log_output = LogOutput::standard;
  std::string log_path;  // of standard: the file; empty: stdout
  // Of files: one for each day, so long; 0: somebody else puts them aside (SIGHUP).
  base::Duration log_keep_for = std::chrono::hours(14 * 24);
  std::string syslog_socket = "/dev/log";
  std::string log_level = "info";  // debug, info, warning, error
  Privacy privacy;
  std::size_t pending_events_max = 65'536;  // more are dropped and counted
};

}  // namespace trace
