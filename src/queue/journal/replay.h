// queue/journal/replay.h: what earlier runs left of a stream, at start.
//
// What:    reads the segments from the newest to the oldest, fills ledger and destinations, gives
//          each
//          live message to the caller, makes safe what a crash left unsealed.
// In/Out:  folder → each(Stored) and a ReplayReport.
// Errors:  those of io::Files; unsupported for a newer format. Damage is reported, not an error.
// Limits:  memory for one segment's index, and for later words on messages not met yet.
// Not here: the order of bytes (scan.h, segment.h), giving back space (compaction.h).
#pragma once

#include <functional>

#include "lib/base/result.h"
#include "queue/journal/context.h"
#include "queue/journal/stream.h"
#include "queue/store.h"

namespace queue::journal {

// Adds to `report`; its destinations are those of this stream.
[[nodiscard]] base::Result<> replay(Context& context, Stream& stream,
                                    const std::function<void(Stored)>& each, ReplayReport& report);

}  // namespace queue::journal
