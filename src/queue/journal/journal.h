// queue/journal/journal.h: the embedded queue::Store: streams of segments on the local disk.
//
// What:    one Journal per loop writes the loop's own stream and goes on with those it adopted.
// In/Out:  queue::Store. list_streams() and claim_streams() tell which loop takes which stream.
// Errors:  no_space: refused before anything was written; io: the stream is closed until a restart.
// Limits:  queue/settings.h; draft_chunk_bytes of memory per draft (draft.h).
// Not here: the format (docs/journal.md), the lock file of the folder (server/, cli/).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/doors.h"
#include "queue/journal/context.h"
#include "queue/settings.h"
#include "queue/store.h"

namespace queue::journal {

// Streams of one loop: `own` takes its new mail, `adopted` were written by loops that are no more.
struct Claim {
  std::uint32_t own = 0;
  std::vector<std::uint32_t> adopted;
};

// Streams that have segments or spares in the folder, in order.
[[nodiscard]] base::Result<std::vector<std::uint32_t>> list_streams(io::Files& files,
                                                                    const std::string& folder);
// What loop number `loop` of `loops` takes.
[[nodiscard]] Claim claim_streams(const std::vector<std::uint32_t>& existing, unsigned loop,
                                  unsigned loops);

class Journal : public Store {
 public:
  // load() must have ended before anything else is asked of it.
  [[nodiscard]] static std::unique_ptr<Journal> make(io::Doors doors,
                                                     std::shared_ptr<const Settings> settings,
                                                     Claim claim,
                                                     SyncMode mode = SyncMode::automatic);

  // Octets that the streams of this Journal have on disk, and how many of them are still needed.
  struct Usage {
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
    std::uint64_t live_bytes = 0;
    std::uint64_t messages = 0;
  };
  [[nodiscard]] virtual Usage usage() const = 0;

  // The queue at one moment, as files that nobody writes to.
  struct Copyable {
    std::vector<std::string> segments;  // names in the folder
    std::uint64_t messages = 0;         // that wait, by them
  };
  // Seals what is written to, and names every segment; all of them stay as they are until then.
  // Everything that was answered before is in them.
  virtual io::Task<base::Result<Copyable>> hold(base::Instant until) = 0;
  // A held journal stays so until then; a moment that has passed ends it.
  virtual void keep_holding(base::Instant until) = 0;
};

}  // namespace queue::journal
