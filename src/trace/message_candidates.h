// trace/message_candidates.h: the messages that began in one trace file and may be looked for.
//
// What:    by its index where the query has a whole address or id that few events name; otherwise
//          the file is read through.
// In/Out:  a file, MessageQuery, an offset → where they began, the oldest first.
// Errors:  what can be read of a damaged file counts.
// Limits:  candidates_max at least are remembered, the newest; cut_at tells where they begin.
// Not here: summing up their events, and whether they match in the end (message_search.h).
#pragma once

#include <cstdint>
#include <vector>

#include "trace/message_query.h"
#include "trace/source.h"

namespace trace {

inline constexpr std::size_t candidates_max = 5'000;

struct Candidate {
  std::uint64_t offset = 0;  // of the event that begins its row
  base::MessageId message;   // 0: refused at RCPT
};

struct Candidates {
  std::vector<Candidate> found;
  std::uint64_t bytes = 0;   // of the file, when it was read through
  std::uint64_t cut_at = 0;  // what lies before this was not remembered; 0: all was
};

// Those before the offset. Blocks: some 50 ms for a file of 16 MiB that is read through.
[[nodiscard]] Candidates find_candidates(io::Files& files, Source& source,
                                         const MessageQuery& query, std::uint64_t before);

}  // namespace trace
