// trace/tail.h: the last events of the log, in memory.
//
// What:    keeps the newest events that the log wrote, and gives those after a cursor, so that
//          somebody can look on.
// In/Out:  add() on the log's thread; read() from any other → lines and the cursor to go on with.
// Errors:  invalid for a cursor that is none. One of an earlier start, or one whose lines are gone,
//          begins at the oldest line there is, and says so.
// Limits:  bytes_max of events; the oldest go first.
// Not here: the log itself (log.h), events kept on disk (store.h).
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "trace/record.h"

namespace trace {

class LogTail {
 public:
  static constexpr std::size_t bytes_max = 2UL << 20U;

  struct Wanted {
    std::string after = {};  // a cursor; empty: the newest lines
    base::Severity at_least = base::Severity::debug;
    std::string text = {};  // part of the line; upper and lower case are alike
    std::size_t limit = 200;
  };
  struct Page {
    std::vector<StoredEvent> lines;  // the oldest first
    std::string cursor;
    bool restarted = false;    // the cursor is of an earlier start of the server
    std::uint64_t missed = 0;  // lines after the cursor that are gone
  };

  void add(const StoredEvent& event);
  [[nodiscard]] base::Result<Page> read(const Wanted& wanted) const;

 private:
  struct Line {
    StoredEvent event;
    std::size_t bytes = 0;
  };
  [[nodiscard]] std::string cursor(std::uint64_t number) const;

  mutable std::mutex mutex_;  // guards what follows
  std::deque<Line> lines_;
  std::size_t bytes_ = 0;
  std::uint64_t first_ = 0;     // the number of lines_.front(); of the next one when it is empty
  std::uint64_t instance_ = 0;  // of this start: the time of its first event
};

// "01h… from=a@x.test reply="250 2.0.0 ok"": a line of the log without what a Page says anyway.
[[nodiscard]] std::string line_text(const StoredEvent& event);

}  // namespace trace
