// tools/simulate/figures.h: what only the mode with octets can tell.
//
// What:    Figures of the octets that went and of what arrived; Machine is what it took here;
//          ByteResult has both, and what the other mode makes of the same.
// In/Out:  wire/ fills them, report.h prints them.
// Errors:  none.
// Limits:  none.
// Not here: how messages ended (counts.h).
#pragma once

#include <cstdint>

#include "lib/base/time.h"
#include "tools/simulate/counts.h"

namespace simulate {

struct Figures {
  std::uint64_t message_bytes = 0;  // each as it was given to the server
  std::uint64_t octets_in = 0;      // of the messages that the server took
  std::uint64_t octets_out = 0;     // of the messages that receivers took, trace fields included
  std::uint64_t report_octets = 0;  // of the reports that senders got
  std::uint64_t failure_reports = 0;
  std::uint64_t delay_reports = 0;
  std::uint64_t put_off_at_the_door = 0;  // how often the server did not take a message at once
  std::uint64_t lost = 0;        // answered 250, and neither a receiver nor a report has it
  std::uint64_t damaged = 0;     // arrived, but not as they were sent
  std::uint64_t duplicates = 0;  // arrived once more than they should …
  std::uint64_t duplicates_in_doubt = 0;  // … after a connection lost behind the final dot
  std::uint64_t disk_bytes_most = 0;      // of the journal, at the end of an hour
};

// What it took here: it differs from run to run.
struct Machine {
  base::Duration took = {};        // on a real clock
  base::Duration processor = {};   // of one; 0: not known
  std::uint64_t memory_bytes = 0;  // at most, of the process, beyond what it had at the start
};

struct ByteResult {
  Figures figures;
  Machine machine;
  Counts schedule;  // of the same plan without octets
};

}  // namespace simulate
