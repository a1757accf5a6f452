// queue/settings.h: the settings of queue/.
//
// What:    journal sizes, the retry ladder, limits of the schedule.
// In/Out:  filled by config/; immutable once given to a Queue.
// Errors:  none here.
// Limits:  see the fields.
// Not here: how they are read (config/).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace queue {

struct Settings {
  std::string journal_folder;                           // state folder + "/journal"
  std::uint64_t segment_bytes = 16ULL << 20U;           // preallocated size of one segment
  std::uint64_t disk_reserve_bytes = 256ULL << 20U;     // below this much free disk: 452
  std::uint64_t body_memory_bytes_max = 256ULL << 20U;  // bodies kept until their first attempt
  std::uint64_t draft_chunk_bytes = 256ULL
                                    << 10U;  // a larger body is streamed to disk in such pieces
  std::uint64_t draft_memory_bytes_max =
      64ULL << 20U;  // of bodies that arrive, per loop; beyond it they go to disk in small pieces
  // How long after the first, second, … failed attempt the next comes; the last repeats.
  std::vector<base::Duration> retry_after = {std::chrono::minutes(1),  std::chrono::minutes(5),
                                             std::chrono::minutes(15), std::chrono::minutes(30),
                                             std::chrono::hours(1),    std::chrono::hours(2),
                                             std::chrono::hours(4)};
  unsigned retry_jitter_percent = 20;
  base::Duration expire_after = std::chrono::hours(5 * 24);  // RFC 5321 §4.5.4.1: 4–5 days
  // When a sender is told, once, that a message still waits; 0: never.
  base::Duration delay_notice_after = std::chrono::hours(4);
  unsigned destination_concurrency_max = 20;  // attempts at once to one destination, all loops
  // The same for a domain whose Maildirs we write, per loop. They come together to share their
  // syncs, and hold nobody's connections.
  unsigned maildir_concurrency_max = 200;
  unsigned attempts_max = 500;  // attempts at once in all, per loop
  // An attempt that runs for longer is counted apart: hosts that do not answer must not take the
  // places of those that do. It costs memory and a descriptor, no more.
  base::Duration attempt_slow_after = std::chrono::seconds(5);
  unsigned attempts_slow_max = 2'000;         // of these at once, per loop
  unsigned recipients_per_attempt_max = 100;  // RFC 5321 §4.5.3.1.8
};

}  // namespace queue
