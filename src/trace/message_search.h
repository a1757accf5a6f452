// trace/message_search.h: looks for messages in the trace files, the newest first, file by file.
//
// What:    one step looks in one file for messages that were queued or refused in it, and sums up
//          the events of those that match.
// In/Out:  MessageQuery and Place → rows, each with its place; where to go on. Places stay good
//          while new events are written: files only grow at their end.
// Errors:  a file that cannot be read has nothing to tell.
// Limits:  events_max of one message are summed up.
// Not here: which messages of a file they may be (message_candidates.h), how many steps a request
//          gets (admin/), what the queue knows (queue/).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/files.h"
#include "trace/message_query.h"
#include "trace/message_row.h"
#include "trace/reader.h"

namespace trace {

// Before this event of this file. An empty file: before nothing, from the newest on.
struct Place {
  std::string file;
  std::uint64_t offset = 0;
  bool operator==(const Place&) const = default;
};
// "00063e1f2a3b4c5d.1f40", and back; nothing for what is none.
[[nodiscard]] std::string place_text(const Place& place);
[[nodiscard]] std::optional<Place> parse_place(std::string_view text);

struct PlacedRow {
  MessageRow row;
  Place place;
};

struct SearchStep {
  std::vector<PlacedRow> rows;   // the newest first
  std::optional<Place> next;     // nothing: there is no older file
  std::uint64_t bytes_read = 0;  // of the file, when it was read
  base::Time reached;            // all that is younger was looked at
};

class MessageSearch {
 public:
  static constexpr std::size_t events_max = 2'000;

  MessageSearch(io::Files& files, std::string folder, MessageQuery query)
      : files_(files), folder_(std::move(folder)), query_(std::move(query)) {}

  // One file; at most rows_max of its rows. Blocks: some 50 ms for a file of 16 MiB.
  [[nodiscard]] base::Result<SearchStep> step(const Place& from, std::size_t rows_max,
                                              const LiveIndex& live) const;

 private:
  io::Files& files_;
  std::string folder_;
  MessageQuery query_;
};

// When the oldest event that is still there happened; nothing: there is none.
[[nodiscard]] std::optional<base::Time> oldest_event(io::Files& files, const std::string& folder);

}  // namespace trace
